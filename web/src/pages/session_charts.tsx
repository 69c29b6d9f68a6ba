import { type ReactElement, useMemo } from "react";
import { segment } from "../api.ts";
import { Chart } from "../components/chart.tsx";
import { Card } from "../components/page.tsx";
import { formatEnergy, formatPercent, formatPower } from "../format.ts";
import { useLiveEvents, usePolling, useQuery, useThrottled } from "../live.tsx";
import { sessionOf } from "../live_merge.ts";
import { align, energySince, powerFromEnergy, powerOf, totalsOf } from "../meter_series.ts";
import type { List, MeterValue, Session } from "../shapes.ts";

/** Power, state of charge and energy over the session. */
export function SessionCharts({ session }: { session: Session }): ReactElement {
  const path = `/sessions/${segment(session.id)}/meter-values?limit=1000&order=desc`;
  const query = useQuery<List<MeterValue>>(path);
  const reload = useThrottled(query.reload, 3_000);
  useLiveEvents((events) => {
    if (events.some((event) => sessionOf(event) === session.id)) reload();
  });
  usePolling(reload, 3_000, session.status === "open");
  const items = query.value?.items;
  const startWh = session.meterStartWh;
  const power = useMemo(() => {
    const values = items ?? [];
    const reported = powerOf(values);
    const isReported = reported.times.length > 0;
    const line = isReported
      ? reported
      : powerFromEnergy(totalsOf(values, "Energy.Active.Import.Register"));
    const soc = totalsOf(values, "SoC");
    const aligned = align(soc.times.length === 0 ? [line] : [line, soc]);
    const series = [{
      label: isReported ? "Power" : "Mean power",
      colour: "--chart-power",
      values: aligned.values[0] ?? [],
      format: formatPower,
      steps: !isReported,
    }, {
      label: "Battery",
      colour: "--chart-soc",
      values: aligned.values[1] ?? [],
      format: formatPercent,
      axis: "right" as const,
      range: [0, 100] as const,
    }];
    return { times: aligned.times, series: soc.times.length === 0 ? series.slice(0, 1) : series };
  }, [items]);
  const energy = useMemo(() => {
    const line = energySince(totalsOf(items ?? [], "Energy.Active.Import.Register"), startWh);
    const series = [{
      label: "Energy",
      colour: "--chart-energy",
      values: line.values,
      format: formatEnergy,
    }];
    return { times: line.times, series };
  }, [items, startWh]);
  const empty = items === undefined ? "Loading…" : "The station has sent no such meter value.";
  return (
    <>
      <Card title="Power">
        <Chart
          label="Power of this session"
          times={power.times}
          series={power.series}
          empty={empty}
        />
      </Card>
      <Card title="Energy">
        <Chart
          label="Energy of this session"
          times={energy.times}
          series={energy.series}
          height={170}
          empty={empty}
        />
      </Card>
    </>
  );
}
