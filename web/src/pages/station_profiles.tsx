import { Button, SegmentedControl, Select } from "@mantine/core";
import { type ReactElement, useMemo, useState } from "react";
import type { StationProfiles as Profiles } from "#schemas/rest/charging_profile.ts";
import { segment, withQuery } from "../api.ts";
import { wordsOfEvse, wordsOfLimit } from "../charging_words.ts";
import { Chart, type ChartSeries } from "../components/chart.tsx";
import { Icon } from "../components/icons.tsx";
import { Instant } from "../components/instant.tsx";
import { Card, ProblemNote } from "../components/page.tsx";
import { useAction } from "../components/toasts.tsx";
import { useApi, useLiveEvents, usePolling, useQuery, useThrottled } from "../live.tsx";
import { stationOf } from "../live_merge.ts";
import type { Station } from "../shapes.ts";
import { lineOf, stepTable } from "../step_lines.ts";
import { ProfileForm } from "./station_profiles_form.tsx";
import { ProfileList } from "./station_profiles_list.tsx";

type Unit = "A" | "W";

/** What limits charging here: by what we believe, by what the station says. */
export function StationProfiles({ station }: { station: Station }): ReactElement {
  const [unit, setUnit] = useState<Unit>("A");
  const [isSetting, setIsSetting] = useState(false);
  const path = `/stations/${segment(station.id)}/charging-profiles`;
  const query = useQuery<Profiles>(withQuery(path, { unit }));
  const reload = useThrottled(query.reload, 500);
  useLiveEvents((events) => {
    if (events.some((event) => stationOf(event) === station.id)) reload();
  });
  // The computed schedule moves on with time.
  usePolling(query.reload, 60_000, true);
  const profiles = query.value;
  return (
    <div className="stack">
      {query.error === undefined
        ? null
        : <ProblemNote error={query.error} onRetry={query.reload} />}
      <LimitsCard station={station} profiles={profiles} unit={unit} onUnit={setUnit} />
      <Card
        title="Charging profiles"
        beside={
          <Button
            size="compact-xs"
            leftSection={<Icon name="plus" size={14} />}
            onClick={() => setIsSetting(true)}
          >
            Set a limit
          </Button>
        }
        flush
      >
        <ProfileList stationId={station.id} profiles={profiles} />
      </Card>
      <ProfileForm
        station={station}
        opened={isSetting}
        onClose={() => setIsSetting(false)}
        profiles={profiles}
        onSet={query.reload}
      />
    </div>
  );
}

interface LimitsProps {
  readonly station: Station;
  readonly profiles: Profiles | undefined;
  readonly unit: Unit;
  readonly onUnit: (unit: Unit) => void;
}

/** The next day: what follows from all profiles, and what the station answered. */
function LimitsCard({ station, profiles, unit, onUnit }: LimitsProps): ReactElement {
  const [evseId, setEvseId] = useState(0);
  const { busy, ask } = useQuestions(station);
  const answered = profiles?.answered.find((one) => one.evseId === evseId && one.unit === unit);
  const known = profiles?.composite.map((one) => one.evseId) ?? [0];
  return (
    <Card title="What may be drawn">
      <div className="row" style={{ marginBottom: 10 }}>
        <Select
          aria-label="Where"
          size="xs"
          data={known.map((id) => ({ value: String(id), label: wordsOfEvse(id) }))}
          value={String(evseId)}
          onChange={(value) => setEvseId(Number(value ?? 0))}
          allowDeselect={false}
        />
        <SegmentedControl
          aria-label="Unit"
          size="xs"
          data={["A", "W"]}
          value={unit}
          onChange={(value) => onUnit(value === "W" ? "W" : "A")}
        />
        <Button
          variant="default"
          size="compact-xs"
          loading={busy}
          disabled={!station.presence.connected}
          onClick={() => ask(evseId, unit)}
        >
          Ask the station
        </Button>
      </div>
      <LimitsChart profiles={profiles} evseId={evseId} unit={unit} />
      {answered === undefined ? null : (
        <p className="advice">
          The station answered <Instant at={answered.answeredAt} as="ago" />:{" "}
          {answered.differences.length === 0
            ? "the same as computed."
            : `it differs in ${answered.differences.length} place${
              answered.differences.length === 1 ? "" : "s"
            }, first ${wordsOfLimit(answered.differences[0]?.answered, unit)} instead of ${
              wordsOfLimit(answered.differences[0]?.computed, unit)
            }.`}
        </p>
      )}
      {profiles?.limits.map((limit) => (
        <p className="advice" key={`${limit.evseId} ${limit.source}`}>
          {limit.source} limits the {wordsOfEvse(limit.evseId).toLowerCase()} since{" "}
          <Instant at={limit.notifiedAt} />
          {limit.isGridCritical === true ? ", for the grid's sake" : ""}.
        </p>
      ))}
    </Card>
  );
}

function LimitsChart(
  { profiles, evseId, unit }: Pick<LimitsProps, "profiles" | "unit"> & { evseId: number },
): ReactElement {
  const chart = useMemo(() => {
    const computed = profiles?.composite.find((one) => one.evseId === evseId);
    const answered = profiles?.answered.find((one) => one.evseId === evseId && one.unit === unit);
    const drawn = [
      { label: "Computed", colour: "--chart-power", schedule: computed },
      { label: "Station's answer", colour: "--chart-soc", schedule: answered },
    ].flatMap(({ schedule, ...names }) => schedule === undefined ? [] : [{ ...names, schedule }]);
    const { times, values } = stepTable(
      drawn.map(({ schedule }) =>
        lineOf(Date.parse(schedule.startAt), schedule.durationSeconds, schedule.periods)
      ),
    );
    const series = drawn.map(({ label, colour }, index): ChartSeries => ({
      label,
      colour,
      values: values[index] ?? [],
      format: (value) => wordsOfLimit(value, unit),
      steps: true,
    }));
    const isLimited = values.some((line) => line.some((value) => value !== null));
    return { times: isLimited ? times : [], series };
  }, [profiles, evseId, unit]);
  return (
    <Chart
      label={`Limit of the next day, ${wordsOfEvse(evseId)}`}
      times={chart.times}
      series={chart.series}
      height={180}
      empty={profiles === undefined ? "Loading…" : "No profile limits it."}
    />
  );
}

const DAY_S = 86_400;

/** Questions to the station; their answers come by live events. */
function useQuestions(
  station: Station,
): { busy: boolean; ask: (evseId: number, unit: Unit) => void } {
  const api = useApi();
  const { busy, run } = useAction();
  const command = (kind: string, body: unknown): Promise<unknown> =>
    api.post(`/stations/${segment(station.id)}/commands/${kind}`, body);
  const ask = (evseId: number, unit: Unit): void => {
    void run(async () => {
      await command("get-composite-schedule", { evseId, durationSeconds: DAY_S, unit });
      if (station.presence.protocol === "ocpp1.6") return;
      await command("get-charging-profiles", { chargingLimitSources: ["CSO"] });
    });
  };
  return { busy, ask };
}
