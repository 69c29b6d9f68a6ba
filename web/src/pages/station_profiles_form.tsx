import { Modal, NumberInput, SegmentedControl, Select } from "@mantine/core";
import { type ReactElement, useState } from "react";
import type { ChargingProfileTemplate, StationProfiles } from "#schemas/rest/charging_profile.ts";
import { segment } from "../api.ts";
import { scheduleOf, wordsOfPurpose, wordsOfSchedule } from "../charging_words.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { useApi, useQuery } from "../live.tsx";
import type { List, Session, Station } from "../shapes.ts";
import { chargingEvses } from "../status.ts";

interface FormProps {
  readonly station: Station;
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly profiles: StationProfiles | undefined;
  readonly onSet: () => void;
}

/** What the operator fills in; a template says all but the place. */
interface Wanted {
  readonly template: string | null;
  readonly where: string;
  readonly limit: number | string;
  readonly unit: string;
  readonly hours: number | string;
  readonly repeats: string;
  readonly level: number | string;
}

const empty: Wanted = {
  template: null,
  where: "0",
  limit: 16,
  unit: "A",
  hours: "",
  repeats: "no",
  level: 0,
};

/** The platform's own numbers begin here. */
const OWN_IDS = 1_000_000_000;

/** Sets a limit: from a template, or as filled in. */
export function ProfileForm(props: FormProps): ReactElement {
  const { station, opened, onClose, profiles, onSet } = props;
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const [wanted, setWanted] = useState<Wanted>(empty);
  const templates = useQuery<List<ChargingProfileTemplate>>(
    opened ? "/charging-profiles?limit=1000" : null,
  );
  const sessions = useQuery<List<Session>>(
    opened ? `/sessions?status=open&station=${segment(station.id)}` : null,
  );
  const change = (changes: Partial<Wanted>): void => setWanted({ ...wanted, ...changes });
  const set = async (): Promise<void> => {
    const body = bodyOf(wanted, nextId(profiles));
    const isSet = await run(async () => {
      await api.post(`/stations/${segment(station.id)}/charging-profiles`, body);
    });
    if (!isSet) return;
    toasts.done("The limit was sent. Its state tells what the station says.");
    setWanted(empty);
    onSet();
    onClose();
  };
  return (
    <Modal opened={opened} onClose={onClose} title={`Set a limit at ${station.id}`}>
      <Form onSubmit={set}>
        <Select
          label="Template"
          placeholder="None: as filled in below"
          clearable
          data={(templates.value?.items ?? []).map(({ id, description, chargingProfile }) => ({
            value: String(id),
            label: `${id} ${description || wordsOfPurpose(chargingProfile)}: ${
              wordsOfSchedule(scheduleOf(chargingProfile))
            }`,
          }))}
          value={wanted.template}
          onChange={(template) => change({ template })}
        />
        <Select
          label="For"
          data={placesOf(station, sessions.value?.items ?? [])}
          value={wanted.where}
          onChange={(where) => change({ where: where ?? "0" })}
          allowDeselect={false}
        />
        {wanted.template === null ? <LimitFields wanted={wanted} change={change} /> : null}
        <FormEnd onClose={onClose} busy={busy} word="Set the limit" />
      </Form>
    </Modal>
  );
}

function LimitFields(
  { wanted, change }: { wanted: Wanted; change: (changes: Partial<Wanted>) => void },
): ReactElement {
  return (
    <>
      <div className="row" style={{ alignItems: "flex-end", flexWrap: "nowrap" }}>
        <NumberInput
          label="Limit"
          min={0}
          decimalScale={1}
          required
          withAsterisk={false}
          value={wanted.limit}
          onChange={(limit) => change({ limit })}
          style={{ flex: 1 }}
        />
        <SegmentedControl
          aria-label="Unit"
          data={[{ value: "A", label: "A per phase" }, { value: "W", label: "W in total" }]}
          value={wanted.unit}
          onChange={(unit) => change({ unit })}
        />
      </div>
      <Select
        label="Repeats"
        data={[
          { value: "no", label: "No: from now on" },
          { value: "Daily", label: "Every day from this time on" },
          { value: "Weekly", label: "Every week from this time on" },
        ]}
        value={wanted.repeats}
        onChange={(repeats) => change({ repeats: repeats ?? "no" })}
        allowDeselect={false}
      />
      <NumberInput
        label="For how many hours"
        description="Empty = until it is cleared"
        min={0.1}
        value={wanted.hours}
        onChange={(hours) => change({ hours })}
      />
      <NumberInput
        label="Level"
        description="Of several limits of one kind the highest level counts"
        min={0}
        allowDecimal={false}
        required
        withAsterisk={false}
        value={wanted.level}
        onChange={(level) => change({ level })}
      />
    </>
  );
}

/** The whole station, every session of it or of an EVSE, or one session. */
function placesOf(
  station: Station,
  sessions: readonly Session[],
): { value: string; label: string }[] {
  return [
    { value: "0", label: "The whole station" },
    { value: "default 0", label: "Every session" },
    ...chargingEvses(station).map(({ evseId }) => ({
      value: `default ${evseId}`,
      label: `Every session at EVSE ${evseId}`,
    })),
    ...sessions.filter(({ evseId }) => evseId !== null).map(({ id, evseId }) => ({
      value: `session ${evseId} ${id}`,
      label: `The session at EVSE ${evseId}`,
    })),
  ];
}

function nextId(profiles: StationProfiles | undefined): number {
  const ids = [...(profiles?.items ?? []), ...(profiles?.confirmed ?? [])].map(({ id }) => id);
  return Math.max(0, ...ids.filter((id) => id < OWN_IDS)) + 1;
}

function bodyOf(wanted: Wanted, id: number): Readonly<Record<string, unknown>> {
  const [kind, evse = "0", ...rest] = wanted.where.split(" ");
  const evseId = Number(evse);
  const sessionId = rest.join(" ");
  const place = { evseId, ...(sessionId === "" ? {} : { sessionId }) };
  if (wanted.template !== null) return { ...place, chargingProfileId: Number(wanted.template) };
  const purpose = kind === "session"
    ? "TxProfile"
    : kind === "default"
    ? "TxDefaultProfile"
    : "ChargingStationMaxProfile";
  const hours = Number(wanted.hours);
  return {
    ...place,
    chargingProfile: {
      id,
      stackLevel: Number(wanted.level),
      chargingProfilePurpose: purpose,
      chargingProfileKind: wanted.repeats === "no" ? "Absolute" : "Recurring",
      ...(wanted.repeats === "no" ? {} : { recurrencyKind: wanted.repeats }),
      chargingSchedule: [{
        id,
        startSchedule: new Date().toISOString(),
        ...(hours > 0 ? { duration: Math.round(hours * 3_600) } : {}),
        chargingRateUnit: wanted.unit,
        chargingSchedulePeriod: [{ startPeriod: 0, limit: Number(wanted.limit) }],
      }],
    },
  };
}
