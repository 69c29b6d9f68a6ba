import { Autocomplete, Button, Modal, SegmentedControl, Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type ReactElement, useEffect, useState } from "react";
import { withQuery } from "../api.ts";
import { triggerChoices, triggersOf } from "../command_advice.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { Card } from "../components/page.tsx";
import { useAction } from "../components/toasts.tsx";
import { useQuery } from "../live.tsx";
import type { List, Station, Token } from "../shapes.ts";
import type { StationCommands } from "../station_live.ts";
import { chargingEvses } from "../status.ts";
import { CallDialog } from "./station_call.tsx";
import { CommandDialog } from "./station_command.tsx";

interface ActionsProps {
  readonly station: Station;
  readonly commands: StationCommands;
}

export function StationActions({ station, commands }: ActionsProps): ReactElement {
  const [dialog, setDialog] = useState<"reset" | "start" | "trigger" | "command" | "call">();
  const close = (): void => setDialog(undefined);
  const isAway = !station.presence.connected;
  const firstEvse = chargingEvses(station)[0]?.evseId ?? 1;
  return (
    <Card title="Actions">
      <div className="row">
        <Button onClick={() => setDialog("start")} disabled={isAway}>Start…</Button>
        <Button variant="default" onClick={() => setDialog("trigger")} disabled={isAway}>
          Trigger…
        </Button>
        <Button variant="default" onClick={() => setDialog("reset")} disabled={isAway}>
          Reset…
        </Button>
        <Button variant="default" onClick={() => setDialog("command")} disabled={isAway}>
          More…
        </Button>
        <Button variant="default" onClick={() => setDialog("call")} disabled={isAway}>
          OCPP call…
        </Button>
      </div>
      {isAway
        ? <p className="advice">The station is away: it can take commands when it is back.</p>
        : null}
      <StartDialog
        station={station}
        evseId={dialog === "start" ? firstEvse : undefined}
        onClose={close}
        commands={commands}
      />
      <ResetDialog
        opened={dialog === "reset"}
        onClose={close}
        station={station}
        commands={commands}
      />
      <TriggerDialog
        opened={dialog === "trigger"}
        onClose={close}
        station={station}
        commands={commands}
      />
      <CommandDialog
        opened={dialog === "command"}
        onClose={close}
        station={station}
        commands={commands}
      />
      <CallDialog opened={dialog === "call"} onClose={close} station={station} />
    </Card>
  );
}

interface StartDialogProps extends ActionsProps {
  /** Undefined = closed. */
  readonly evseId: number | undefined;
  readonly onClose: () => void;
}

export function StartDialog(props: StartDialogProps): ReactElement {
  const { station, evseId, onClose, commands } = props;
  const [evse, setEvse] = useState(evseId);
  const [token, setToken] = useState("");
  const [search] = useDebouncedValue(token, 200);
  const tokens = useQuery<List<Token>>(
    evseId === undefined ? null : withQuery("/tokens", { search, status: "Accepted", limit: 20 }),
  );
  const { busy, run } = useAction();
  useEffect(() => setEvse(evseId), [evseId]);
  const start = async (): Promise<void> => {
    const body = { tokenUid: token.trim(), ...(evse === undefined ? {} : { evseId: evse }) };
    if (await run(() => commands.send("remote-start", body))) onClose();
  };
  return (
    <Modal opened={evseId !== undefined} onClose={onClose} title={`Start at ${station.id}`}>
      <Form onSubmit={start}>
        <EvseSelect station={station} evseId={evse} onChange={setEvse} />
        <Autocomplete
          label="Token"
          description="Whose card is charged. Type to search, or enter any uid."
          data={(tokens.value?.items ?? []).map(({ uid }) => uid)}
          value={token}
          onChange={setToken}
          maxLength={255}
          required
          withAsterisk={false}
          data-autofocus
        />
        <FormEnd
          onClose={onClose}
          busy={busy}
          word="Start charging"
          disabled={token.trim() === ""}
        />
      </Form>
    </Modal>
  );
}

interface DialogProps extends ActionsProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

function ResetDialog({ opened, onClose, station, commands }: DialogProps): ReactElement {
  const [type, setType] = useState("OnIdle");
  const { busy, run } = useAction();
  const reset = async (): Promise<void> => {
    if (await run(() => commands.send("reset", { type }))) onClose();
  };
  const running = station.openSessions.length;
  return (
    <Modal opened={opened} onClose={onClose} title={`Reset ${station.id}`}>
      <Form onSubmit={reset}>
        <SegmentedControl
          aria-label="When"
          value={type}
          onChange={setType}
          data={[{ value: "OnIdle", label: "When idle" }, { value: "Immediate", label: "At once" }]}
        />
        <p className="advice" style={{ margin: 0 }}>
          {type === "OnIdle"
            ? "The station restarts when no session is running."
            : running === 0
            ? "The station restarts now; it is away for a minute or two."
            : `The station ends ${
              running === 1 ? "its running session" : `${running} running sessions`
            }` +
              " and restarts now."}
        </p>
        <FormEnd onClose={onClose} busy={busy} word="Reset" danger={type === "Immediate"} />
      </Form>
    </Modal>
  );
}

function TriggerDialog({ opened, onClose, station, commands }: DialogProps): ReactElement {
  const messages = triggersOf(station.presence.protocol);
  const [message, setMessage] = useState("StatusNotification");
  const [evse, setEvse] = useState<number>();
  const { busy, run } = useAction();
  const trigger = async (): Promise<void> => {
    const body = { message, ...(evse === undefined ? {} : { evseId: evse }) };
    if (await run(() => commands.send("trigger", body))) onClose();
  };
  return (
    <Modal opened={opened} onClose={onClose} title={`Ask ${station.id} for a message`}>
      <Form onSubmit={trigger}>
        <Select
          label="What it shall tell now"
          data={triggerChoices(messages)}
          value={message}
          allowDeselect={false}
          onChange={(value) => setMessage(value ?? "StatusNotification")}
          data-autofocus
        />
        <EvseSelect station={station} evseId={evse} onChange={setEvse} />
        <FormEnd onClose={onClose} busy={busy} word="Trigger" />
      </Form>
    </Modal>
  );
}

interface EvseSelectProps {
  readonly station: Station;
  readonly evseId: number | undefined;
  readonly onChange: (evseId: number | undefined) => void;
}

function EvseSelect({ station, evseId, onChange }: EvseSelectProps): ReactElement {
  const known = chargingEvses(station).map((evse) => String(evse.evseId));
  const value = evseId === undefined ? null : String(evseId);
  const data = value === null || known.includes(value) ? known : [...known, value];
  return (
    <Select
      label="EVSE"
      placeholder="Any, or the whole station"
      clearable
      data={data.map((each) => ({ value: each, label: `EVSE ${each}` }))}
      value={value}
      onChange={(chosen) => onChange(chosen === null ? undefined : Number(chosen))}
    />
  );
}
