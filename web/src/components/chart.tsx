/** A live line chart over time. A table with the same figures is one click away. */
import { useComputedColorScheme } from "@mantine/core";
import { type ReactElement, useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import { formatInstant, nothing } from "../format.ts";
import type { PlotValue } from "../meter_series.ts";

export interface ChartSeries {
  readonly label: string;
  /** Name of a CSS colour variable. */
  readonly colour: string;
  /** Values by the chart's instants. */
  readonly values: readonly PlotValue[];
  readonly format: (value: number) => string;
  /** `right`: on an axis of its own, for example a percentage. */
  readonly axis?: "left" | "right";
  readonly range?: readonly [number, number];
  readonly steps?: boolean;
}

export interface ChartProps {
  readonly label: string;
  /** Milliseconds since the epoch, rising. */
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly height?: number;
  readonly empty: string;
}

export function Chart(props: ChartProps): ReactElement {
  const [asTable, setAsTable] = useState(false);
  if (props.times.length === 0) return <div className="chart-empty">{props.empty}</div>;
  return (
    <div>
      {asTable ? <ChartTable {...props} /> : <Plot {...props} />}
      <button
        type="button"
        className="crumb"
        style={{ background: "none", border: 0, padding: "6px 0 0", cursor: "pointer" }}
        onClick={() => setAsTable((before) => !before)}
      >
        {asTable ? "Show as chart" : "Show as table"}
      </button>
    </div>
  );
}

function Plot({ label, times, series, height = 220 }: ChartProps): ReactElement {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const scheme = useComputedColorScheme("light");
  const data = useMemo<uPlot.AlignedData>(
    () => [times.map((at) => at / 1_000), ...series.map((each) => [...each.values])],
    [times, series],
  );
  const latest = useRef(data);
  latest.current = data;
  // The plot is made anew only when its form changes, not with each value.
  const form = `${scheme} ${height} ${series.map((each) => each.label).join("|")}`;
  const shape = useRef(series);
  shape.current = series;
  const [hovered, setHovered] = useState<number | null>(null);

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const made = new uPlot(
      {
        ...options(shape.current, element.clientWidth, height),
        hooks: { setCursor: [({ cursor }) => setHovered(cursor.idx ?? null)] },
      },
      latest.current,
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [form, height]);
  useEffect(() => plot.current?.setData(data), [data]);

  return (
    <>
      <Legend times={times} series={series} at={hovered} />
      <div className="chart" ref={host} role="img" aria-label={summary(label, series)} />
    </>
  );
}

interface LegendProps {
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  /** Index of the instant under the pointer; null = the newest values. */
  readonly at: number | null;
}

function Legend({ times, series, at }: LegendProps): ReactElement {
  const time = at === null ? times.at(-1) : times[at];
  return (
    <div className="chart-legend" aria-hidden="true">
      {series.map((each) => {
        const value = at === null ? newestOf(each) : each.values[at];
        return (
          <span key={each.label}>
            <span className="swatch" style={{ borderColor: `var(${each.colour})` }} />
            {each.label}{" "}
            <b>{value === null || value === undefined ? nothing : each.format(value)}</b>
          </span>
        );
      })}
      <span>{time === undefined ? nothing : formatInstant(time, Date.now())}</span>
    </div>
  );
}

function newestOf(series: ChartSeries): number | undefined {
  return series.values.findLast((value) => typeof value === "number") ?? undefined;
}

function summary(label: string, series: readonly ChartSeries[]): string {
  const newest = series.map((each) => {
    const value = newestOf(each);
    return `${each.label} ${value === undefined ? nothing : each.format(value)}`;
  });
  return `${label}. Newest: ${newest.join(", ")}`;
}

function options(
  series: readonly ChartSeries[],
  width: number,
  height: number,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  // Whole pixels: uPlot scales the first whole number that it finds.
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const sideOf = (each: ChartSeries): string => each.axis === "right" ? "right" : "left";
  const axisFor = (side: "left" | "right"): uPlot.Axis | undefined => {
    const first = series.find((each) => sideOf(each) === side);
    if (first === undefined) return undefined;
    return {
      scale: side,
      side: side === "left" ? 3 : 1,
      font,
      size: 62,
      stroke: colour("--ink-soft"),
      grid: { show: side === "left", stroke: colour("--chart-grid"), width: 1 },
      ticks: { show: false },
      values: (_, splits) => splits.map((value) => first.format(value)),
    };
  };
  const axes = [axisFor("left"), axisFor("right")].filter((axis) => axis !== undefined);
  const scales: Record<string, uPlot.Scale> = {};
  for (const each of series) {
    const fixed = each.range;
    scales[sideOf(each)] = {
      range: (_, low, high) => fixed === undefined ? floorAtZero(low, high) : [fixed[0], fixed[1]],
    };
  }
  return {
    width,
    height,
    scales: { x: { time: true }, ...scales },
    cursor: { points: { size: 7 }, drag: { x: true, y: false } },
    legend: { show: false },
    padding: [8, series.some((each) => each.axis === "right") ? 0 : 26, 0, 0],
    axes: [{
      font,
      stroke: colour("--ink-soft"),
      grid: { show: false },
      ticks: { stroke: colour("--chart-grid"), size: 5 },
      size: 28,
      values: timeLabels,
      space: 74,
    }, ...axes],
    series: [
      {},
      ...series.map((each): uPlot.Series => ({
        label: each.label,
        scale: sideOf(each),
        stroke: colour(each.colour),
        width: 2,
        spanGaps: false,
        points: { show: each.values.length < 3 },
        ...(each.axis === "right" ? { dash: [5, 4] } : { fill: `${colour(each.colour)}1c` }),
        ...(each.steps === true ? stepped() : {}),
      })),
    ],
  };
}

function stepped(): Pick<uPlot.Series, "paths"> {
  const paths = uPlot.paths.stepped?.({ align: 1 });
  return paths === undefined ? {} : { paths };
}

/** Energy and power start at zero: a cut-off axis would make a flat line look wild. */
function floorAtZero(low: number | null, high: number | null): uPlot.Range.MinMax {
  const top = high ?? 1;
  return [Math.min(0, low ?? 0), top <= 0 ? 1 : top * 1.12];
}

function timeLabels(_: uPlot, splits: number[]): string[] {
  const span = (splits.at(-1) ?? 0) - (splits[0] ?? 0);
  const time = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    ...(span < 300 ? { second: "2-digit" } : {}),
    ...(span > 129_600 ? { day: "numeric", month: "short" } : {}),
  });
  return splits.map((at) => time.format(at * 1_000));
}

function ChartTable({ label, times, series }: ChartProps): ReactElement {
  const newestFirst = times.map((_, index) => times.length - 1 - index).slice(0, 500);
  return (
    <div className="table-scroll" style={{ maxHeight: 320, overflowY: "auto" }} tabIndex={0}>
      <table className="table">
        <caption className="soft small" style={{ textAlign: "left", padding: "4px 16px" }}>
          {label}
        </caption>
        <thead>
          <tr>
            <th>Time</th>
            {series.map((each) => <th key={each.label} className="number">{each.label}</th>)}
          </tr>
        </thead>
        <tbody>
          {newestFirst.map((index) => (
            <tr key={index}>
              <td>{formatInstant(times[index] ?? 0, Date.now())}</td>
              {series.map((each) => {
                const value = each.values[index];
                return (
                  <td key={each.label} className="number">
                    {value === null || value === undefined ? nothing : each.format(value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
