import { Button, Modal, TextInput } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { useNavigate } from "react-router";
import { segment } from "../api.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { connectUrl } from "../components/connect_url.ts";
import { Card, CodeLine } from "../components/page.tsx";
import { bodyOf, draftOf, StationFields } from "../components/station_fields.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { useApi, useQuery } from "../live.tsx";
import type { ChargingLocation, List, Station } from "../shapes.ts";
import { StationQuirks } from "./station_quirks.tsx";

interface SettingsProps {
  readonly station: Station;
  readonly onSaved: () => void;
}

export function StationSettings({ station, onSaved }: SettingsProps): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const [draft, setDraft] = useState(() => draftOf(station));
  const locations = useQuery<List<ChargingLocation>>("/locations?limit=1000");
  const save = (): Promise<boolean> =>
    run(async () => {
      await api.patch<Station>(`/stations/${segment(station.id)}`, bodyOf(draft));
      setDraft((before) => ({ ...before, password: "" }));
      toasts.done(`${station.id} is saved`);
      onSaved();
    });
  return (
    <div className="columns">
      <Card title="Settings">
        <Form onSubmit={save}>
          <StationFields
            draft={draft}
            onChange={setDraft}
            locations={locations.value?.items ?? []}
            isNew={false}
          />
          <div className="row">
            <Button type="submit" size="sm" loading={busy}>Save</Button>
            <Button variant="default" size="sm" onClick={() => setDraft(draftOf(station))}>
              Undo changes
            </Button>
          </div>
        </Form>
      </Card>
      <div className="stack">
        <Card title="OCPP address">
          <CodeLine text={connectUrl(station.id)} word="the OCPP address" />
        </Card>
        <StationQuirks station={station} />
        <CloseStale station={station} />
        <Remove station={station} />
      </div>
    </div>
  );
}

function CloseStale({ station }: { station: Station }): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const [asking, setAsking] = useState(false);
  const count = station.openSessions.length;
  const close = (): Promise<boolean> =>
    run(async () => {
      const path = `/stations/${segment(station.id)}/close-stale`;
      const { closed } = await api.post<{ readonly closed: readonly string[] }>(path, {});
      toasts.done(closed.length === 0 ? "No session was open" : `${closed.length} closed as stale`);
      setAsking(false);
    });
  return (
    <Card title="Stale sessions">
      <p className="advice" style={{ marginTop: 0 }}>
        Ends every session that is still open here ({count}) when the station no longer has them.
        They keep the energy reported last.
      </p>
      <Button variant="default" disabled={count === 0} onClick={() => setAsking(true)}>
        Close stale sessions…
      </Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title="Close stale sessions">
        <p style={{ marginTop: 0 }}>
          {count === 1 ? "One open session" : `${count} open sessions`} of {station.id}{" "}
          will end with the reason “Stale”. This cannot be undone.
        </p>
        <Form onSubmit={close}>
          <FormEnd onClose={() => setAsking(false)} busy={busy} word="Close them" danger />
        </Form>
      </Modal>
    </Card>
  );
}

function Remove({ station }: { station: Station }): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const navigate = useNavigate();
  const { busy, run } = useAction();
  const [asking, setAsking] = useState(false);
  const [typed, setTyped] = useState("");
  const remove = async (): Promise<void> => {
    const done = await run(() => api.remove(`/stations/${segment(station.id)}`));
    if (!done) return;
    toasts.done(`${station.id} is removed`);
    await navigate("/");
  };
  return (
    <Card title="Remove">
      <p className="advice" style={{ marginTop: 0 }}>
        The station is refused from then on. Its past sessions stay.
      </p>
      <Button variant="light" color="red" onClick={() => setAsking(true)}>
        Remove the station…
      </Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title={`Remove ${station.id}`}>
        <Form onSubmit={remove}>
          <TextInput
            label={`Type ${station.id} to confirm`}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            data-autofocus
          />
          <FormEnd
            onClose={() => setAsking(false)}
            busy={busy}
            word="Remove"
            disabled={typed !== station.id}
            danger
          />
        </Form>
      </Modal>
    </Card>
  );
}
