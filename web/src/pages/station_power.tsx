import { type ReactElement, useMemo, useState } from "react";
import { segment, withQuery } from "../api.ts";
import { Chart } from "../components/chart.tsx";
import { formatPower } from "../format.ts";
import { useLiveEvents, usePolling, useQuery, useThrottled } from "../live.tsx";
import { stationOf } from "../live_merge.ts";
import {
  align,
  inSequence,
  powerFromEnergy,
  powerOf,
  type TimeLine,
  totalsOf,
} from "../meter_series.ts";
import type { List, MeterValue, Session } from "../shapes.ts";

const windowMs = 3 * 3_600_000;
const colours = ["--chart-power", "--chart-energy", "--chart-soc", "--tone-suspended"] as const;

/** Power of the last hours, a line per EVSE, as it is reported. */
export function StationPower(
  { stationId, isCharging }: { stationId: string; isCharging: boolean },
): ReactElement {
  const [from] = useState(() => new Date(Date.now() - windowMs).toISOString());
  const pathOf = (measurand: string): string =>
    withQuery(`/stations/${segment(stationId)}/meter-values`, { measurand, from, limit: 1_000 });
  const power = useQuery<List<MeterValue>>(pathOf("Power.Active.Import"));
  // Some stations report only their register: then power is what it gained over time.
  const isWithout = power.value?.items.length === 0;
  const energy = useQuery<List<MeterValue>>(
    isWithout ? pathOf("Energy.Active.Import.Register") : null,
  );
  // OCPP 2.x names the EVSE when a transaction starts: later readings are known by their session.
  const sessions = useQuery<List<Session>>(
    withQuery("/sessions", { station: stationId, limit: 100 }),
  );
  const reload = useThrottled(() => {
    power.reload();
    sessions.reload();
    if (isWithout) energy.reload();
  }, 4_000);
  usePolling(reload, 4_000, isCharging);
  useLiveEvents((events) => {
    if (events.some((event) => event.kind === "session" && stationOf(event) === stationId)) {
      reload();
    }
  });
  const chart = useMemo(() => {
    const evseOf = new Map(sessions.value?.items.map(({ id, evseId }) => [id, evseId]));
    const lines = linesByEvse(
      evseOf,
      isWithout ? energy.value?.items ?? [] : power.value?.items ?? [],
      isWithout
        ? (items) => powerFromEnergy(totalsOf(items, "Energy.Active.Import.Register"))
        : powerOf,
    );
    const { times, values } = align(lines.map(({ line }) => line));
    const series = lines.map(({ name }, index) => ({
      label: name,
      colour: colours[index % colours.length] ?? colours[0],
      values: values[index] ?? [],
      format: formatPower,
      steps: isWithout,
    }));
    return { times, series };
  }, [power.value, energy.value, sessions.value, isWithout]);
  return (
    <Chart
      label="Power per EVSE over the last three hours"
      times={chart.times}
      series={chart.series}
      empty={power.value === undefined
        ? "Loading…"
        : "No power was reported in the last three hours."}
    />
  );
}

function linesByEvse(
  evseOf: ReadonlyMap<string, number | null>,
  items: readonly MeterValue[],
  read: (items: readonly MeterValue[]) => TimeLine,
): readonly { readonly name: string; readonly line: TimeLine }[] {
  const bySession = Map.groupBy(items, (item) => item.sessionId ?? `EVSE ${item.evseId ?? 0}`);
  const byEvse = Map.groupBy(
    bySession,
    ([id, [first]]) => first?.evseId ?? evseOf.get(id) ?? 0,
  );
  return [...byEvse].sort(([a], [b]) => a - b)
    .map(([evseId, sessions]) => ({
      name: evseId === 0 ? "Station" : `EVSE ${evseId}`,
      line: inSequence(sessions.map(([, own]) => read(own))),
    }))
    .filter(({ line }) => line.times.length > 0);
}
