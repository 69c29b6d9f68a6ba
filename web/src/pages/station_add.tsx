import { Button, Modal, TextInput } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { Link } from "react-router";
import { messageOf, segment } from "../api.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { connectUrl } from "../components/connect_url.ts";
import { CodeLine, ProblemNote } from "../components/page.tsx";
import { bodyOf, newStationDraft, StationFields } from "../components/station_fields.tsx";
import { useApi } from "../live.tsx";
import type { ChargingLocation, Station } from "../shapes.ts";

interface AddStationProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onAdded: () => void;
  readonly locations: readonly ChargingLocation[];
}

export function AddStation({ opened, onClose, onAdded, locations }: AddStationProps): ReactElement {
  return (
    <Modal opened={opened} onClose={onClose} title="Add a station" size="lg">
      {opened ? <AddForm onClose={onClose} onAdded={onAdded} locations={locations} /> : null}
    </Modal>
  );
}

type AddFormProps = Omit<AddStationProps, "opened">;

function AddForm({ onClose, onAdded, locations }: AddFormProps): ReactElement {
  const api = useApi();
  const [id, setId] = useState("");
  const [draft, setDraft] = useState(newStationDraft);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [added, setAdded] = useState<Station>();
  const add = async (): Promise<void> => {
    setBusy(true);
    setProblem("");
    try {
      setAdded(await api.post<Station>("/stations", { id: id.trim(), ...bodyOf(draft) }));
      onAdded();
    } catch (thrown) {
      setProblem(messageOf(thrown));
    } finally {
      setBusy(false);
    }
  };
  if (added !== undefined) {
    return <Added station={added} password={draft.password} onClose={onClose} />;
  }
  return (
    <Form onSubmit={add}>
      <TextInput
        label="Identity"
        description="As the station gives it at the end of its URL; case matters."
        value={id}
        onChange={(event) => setId(event.currentTarget.value)}
        maxLength={48}
        required
        withAsterisk={false}
        data-autofocus
      />
      <StationFields draft={draft} onChange={setDraft} locations={locations} isNew />
      {problem === "" ? null : <ProblemNote error={problem} />}
      <FormEnd onClose={onClose} busy={busy} word="Add" disabled={id.trim() === ""} />
    </Form>
  );
}

interface AddedProps {
  readonly station: Station;
  readonly password: string;
  readonly onClose: () => void;
}

function Added({ station, password, onClose }: AddedProps): ReactElement {
  return (
    <div className="form">
      <p style={{ margin: 0 }}>
        <b>{station.id}</b> may connect now. Enter this address as its backend (CSMS) URL:
      </p>
      <CodeLine text={connectUrl(station.id)} word="the OCPP address" />
      {password === "" ? null : (
        <>
          <p style={{ margin: 0 }}>
            Its password, shown only this once (the user name is the identity):
          </p>
          <CodeLine text={password} word="the password" />
        </>
      )}
      <div className="row" style={{ justifyContent: "flex-end" }}>
        <Button variant="default" size="sm" onClick={onClose}>Close</Button>
        <Button
          size="sm"
          component={Link}
          to={`/stations/${segment(station.id)}`}
        >
          Open the station
        </Button>
      </div>
    </div>
  );
}
