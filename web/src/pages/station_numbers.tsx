import type { ReactElement } from "react";
import { Link } from "react-router";
import { Glyph } from "../components/glyph.tsx";
import { formatCount, formatEnergy, formatPower } from "../format.ts";
import { useLiveEvents, usePolling, useQuery, useThrottled } from "../live.tsx";
import type { Overview } from "../shapes.ts";
import type { Shape, Tone } from "../status.ts";
import type { StationFilters } from "./stations.tsx";

interface NumbersProps {
  readonly filters: StationFilters;
  readonly setFilter: (name: keyof StationFilters, value: string) => void;
}

/** The network at a glance. A number that names a filter sets it. */
export function StationNumbers({ filters, setFilter }: NumbersProps): ReactElement {
  const overview = useQuery<Overview>("/overview");
  const reload = useThrottled(overview.reload, 2_000);
  usePolling(overview.reload, 10_000, true);
  useLiveEvents((events) => {
    if (events.some((event) => event.event !== "metered" && event.kind !== "command")) reload();
  });
  const value = overview.value;
  const toggle = (name: keyof StationFilters, to: string): () => void => () =>
    setFilter(name, filters[name] === to ? "" : to);
  return (
    <div className="metrics">
      <button
        type="button"
        className="metric"
        aria-pressed={filters.connected === "true"}
        onClick={toggle("connected", "true")}
      >
        <Figure
          word="Connected"
          value={formatCount(value?.connected)}
          beside={value === undefined ? "" : `of ${formatCount(value.stations)}`}
          look={["available", "check"]}
        />
      </button>
      <button
        type="button"
        className="metric"
        aria-pressed={filters.status === "Charging"}
        onClick={toggle("status", "Charging")}
      >
        <Figure word="Charging" value={formatCount(value?.charging)} look={["charging", "bolt"]} />
      </button>
      <div className="metric">
        <Figure word="Power now" value={formatPower(value?.powerW)} />
      </div>
      <button
        type="button"
        className="metric"
        aria-pressed={filters.status === "Faulted"}
        onClick={toggle("status", "Faulted")}
      >
        <Figure word="Faulted" value={formatCount(value?.faulted)} look={["faulted", "triangle"]} />
      </button>
      <Link className="metric" to="/alerts">
        <Figure
          word="Open alerts"
          value={formatCount(value?.openAlerts)}
          look={["occupied", "half"]}
        />
      </Link>
      <div className="metric">
        <Figure
          word="Energy today"
          value={formatEnergy(value?.energyTodayWh)}
        />
      </div>
    </div>
  );
}

interface FigureProps {
  readonly word: string;
  readonly value: string;
  readonly beside?: string;
  readonly look?: readonly [Tone, Shape];
}

function Figure({ word, value, beside, look }: FigureProps): ReactElement {
  return (
    <>
      <span className="metric-word" data-tone={look?.[0]}>
        {look === undefined ? null : <Glyph shape={look[1]} size={12} />}
        {word}
      </span>
      <span className="metric-value">
        {value} {beside === undefined ? null : <span className="metric-beside">{beside}</span>}
      </span>
    </>
  );
}
