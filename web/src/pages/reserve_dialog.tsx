import { Autocomplete, Modal, Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type ReactElement, useEffect, useState } from "react";
import { connectorTypes201 } from "#schemas/connector_types.ts";
import { segment, withQuery } from "../api.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { useApi, useQuery } from "../live.tsx";
import { wordOfConnectorType } from "../reservation_look.ts";
import type { List, Reservation, Station, Token } from "../shapes.ts";
import { chargingEvses } from "../status.ts";

const MINUTE_MS = 60_000;
const lengths = [
  { value: "15", label: "15 minutes" },
  { value: "30", label: "30 minutes" },
  { value: "60", label: "1 hour" },
  { value: "120", label: "2 hours" },
  { value: "240", label: "4 hours" },
  { value: "until", label: "Until a time…" },
];

interface Draft {
  readonly stationId: string;
  /** `evse 2`, `type cCCS2`, or empty: whichever is free. */
  readonly place: string;
  readonly tokenUid: string;
  readonly groupId: string;
  readonly length: string;
  readonly until: string;
}

interface ReserveDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onSaved: () => void;
  /** Absent: it is chosen in the dialog. */
  readonly stationId?: string;
  readonly evseId?: number | undefined;
}

export function ReserveDialog(props: ReserveDialogProps): ReactElement {
  const { opened, onClose, stationId } = props;
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={stationId === undefined ? "Reserve" : `Reserve at ${stationId}`}
    >
      <ReserveForm {...props} />
    </Modal>
  );
}

function ReserveForm(props: ReserveDialogProps): ReactElement {
  const { onClose, onSaved, stationId = "", evseId } = props;
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const place = evseId === undefined ? "" : `evse ${evseId}`;
  const [draft, setDraft] = useState<Draft>({
    ...{ stationId, place, tokenUid: "", groupId: "", length: "60", until: "" },
  });
  useEffect(() => setDraft((before) => ({ ...before, place })), [place]);
  const station = useStationNamed(draft.stationId);
  const save = async (): Promise<void> => {
    const done = await run(async () => {
      await api.post<Reservation>("/reservations", bodyOf(draft));
      toasts.done(
        station?.presence.connected === false
          ? `${draft.stationId} is away: it is asked when it is back`
          : `${draft.stationId} is asked to reserve`,
      );
      onSaved();
    });
    if (done) onClose();
  };
  const isWhole = draft.stationId.trim() !== "" && draft.tokenUid.trim() !== "" &&
    (draft.length !== "until" || draft.until !== "");
  return (
    <Form onSubmit={save}>
      {stationId === ""
        ? (
          <StationField
            value={draft.stationId}
            onChange={(chosen) => setDraft({ ...draft, stationId: chosen, place: "" })}
          />
        )
        : null}
      <PlaceField station={station} draft={draft} onChange={setDraft} />
      <WhoFields draft={draft} onChange={setDraft} />
      <div className="form-pair">
        <Select
          label="For how long"
          allowDeselect={false}
          data={lengths}
          value={draft.length}
          onChange={(length) => setDraft({ ...draft, length: length ?? "60" })}
        />
        {draft.length === "until"
          ? (
            <TextInput
              type="datetime-local"
              label="Until"
              value={draft.until}
              onChange={(event) => setDraft({ ...draft, until: event.currentTarget.value })}
            />
          )
          : null}
      </div>
      <FormEnd onClose={onClose} busy={busy} word="Reserve" disabled={!isWhole} />
    </Form>
  );
}

function bodyOf(draft: Draft): Readonly<Record<string, unknown>> {
  const { stationId, place, tokenUid, groupId, length, until } = draft;
  const [by, which] = place.split(" ");
  const expiresAt = length === "until"
    ? new Date(until)
    : new Date(Date.now() + Number(length) * MINUTE_MS);
  return {
    stationId: stationId.trim(),
    ...(by === "evse" ? { evseId: Number(which) } : {}),
    ...(by === "type" ? { connectorType: which } : {}),
    tokenUid: tokenUid.trim(),
    ...(groupId.trim() === "" ? {} : { groupId: groupId.trim() }),
    expiresAt: expiresAt.toISOString(),
  };
}

function useStationNamed(id: string): Station | undefined {
  const [settled] = useDebouncedValue(id.trim(), 200);
  const query = useQuery<Station>(settled === "" ? null : `/stations/${segment(settled)}`);
  return query.value?.id === id.trim() ? query.value : undefined;
}

function StationField(
  { value, onChange }: { value: string; onChange: (id: string) => void },
): ReactElement {
  const [search] = useDebouncedValue(value.trim(), 200);
  const stations = useQuery<List<Station>>(withQuery("/stations", { search, limit: 20 }));
  return (
    <Autocomplete
      label="Station"
      description="Type to search by id, vendor or location."
      data={(stations.value?.items ?? []).map(({ id }) => id)}
      filter={({ options }) => options}
      value={value}
      onChange={onChange}
      maxLength={255}
      required
      withAsterisk={false}
      data-autofocus
    />
  );
}

interface FieldsProps {
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
}

function PlaceField(
  { station, draft, onChange }: FieldsProps & { readonly station: Station | undefined },
): ReactElement {
  const evses = station === undefined ? [] : chargingEvses(station);
  const known = evses.map(({ evseId }) => `evse ${evseId}`);
  const more = draft.place.startsWith("evse") && !known.includes(draft.place) ? [draft.place] : [];
  // OCPP 1.6 has no word for a type of connector.
  const protocol = station?.presence.protocol ?? null;
  const types = protocol === null || protocol === "ocpp1.6" ? [] : connectorTypes201;
  return (
    <Select
      label="What"
      placeholder="Whichever connector is free"
      clearable
      searchable={types.length > 0}
      data={[
        {
          group: "One place",
          items: [...known, ...more].map((value) => ({
            value,
            label: value.replace("evse", "EVSE"),
          })),
        },
        {
          group: "Any of a type",
          items: types.map((type) => ({
            value: `type ${type}`,
            label: wordOfConnectorType(type),
          })),
        },
      ].filter(({ items }) => items.length > 0)}
      value={draft.place === "" ? null : draft.place}
      onChange={(place) => onChange({ ...draft, place: place ?? "" })}
    />
  );
}

function WhoFields({ draft, onChange }: FieldsProps): ReactElement {
  const [search] = useDebouncedValue(draft.tokenUid, 200);
  const tokens = useQuery<List<Token>>(
    withQuery("/tokens", { search, status: "Accepted", limit: 20 }),
  );
  const group = tokens.value?.items.find(({ uid }) =>
    uid.toLowerCase() === draft.tokenUid.trim().toLowerCase()
  )?.groupId;
  return (
    <>
      <Autocomplete
        label="For the token"
        description="Type to search, or enter any uid."
        data={(tokens.value?.items ?? []).map(({ uid }) => uid)}
        value={draft.tokenUid}
        onChange={(tokenUid) => onChange({ ...draft, tokenUid })}
        maxLength={255}
        required
        withAsterisk={false}
      />
      <TextInput
        label="And its group"
        description={group === undefined
          ? "Who of the group comes first may use it. Empty: for that token alone."
          : `Its group is ${group}. Empty: for that token alone.`}
        value={draft.groupId}
        onChange={(event) => onChange({ ...draft, groupId: event.currentTarget.value })}
        maxLength={255}
      />
    </>
  );
}
