import { type ReactElement, useMemo, useState } from "react";
import { segment, withQuery } from "../api.ts";
import { Chart } from "../components/chart.tsx";
import { formatPower } from "../format.ts";
import { useLiveEvents, usePolling, useQuery, useThrottled } from "../live.tsx";
import { stationOf } from "../live_merge.ts";
import { align, powerFromEnergy, powerOf, type TimeLine, totalsOf } from "../meter_series.ts";
import type { List, MeterValue } from "../shapes.ts";

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
  const reload = useThrottled(() => {
    power.reload();
    if (isWithout) energy.reload();
  }, 4_000);
  usePolling(reload, 4_000, isCharging);
  useLiveEvents((events) => {
    if (events.some((event) => event.kind === "session" && stationOf(event) === stationId)) {
      reload();
    }
  });
  const chart = useMemo(() => {
    const lines = linesByEvse(
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
  }, [power.value, energy.value, isWithout]);
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
  items: readonly MeterValue[],
  read: (items: readonly MeterValue[]) => TimeLine,
): readonly { readonly name: string; readonly line: TimeLine }[] {
  const groups = new Map<number, MeterValue[]>();
  for (const item of items) {
    const evseId = item.evseId ?? 0;
    const group = groups.get(evseId) ?? [];
    group.push(item);
    groups.set(evseId, group);
  }
  return [...groups].sort(([a], [b]) => a - b)
    .map(([evseId, group]) => ({
      name: evseId === 0 ? "Station" : `EVSE ${evseId}`,
      line: read(group),
    }))
    .filter(({ line }) => line.times.length > 0);
}
