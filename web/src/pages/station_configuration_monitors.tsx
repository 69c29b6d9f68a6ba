import { Button } from "@mantine/core";
import { type ReactElement, useState } from "react";
import type { Monitor, StationEvent } from "#schemas/rest/device_model.ts";
import { segment, withQuery } from "../api.ts";
import { Chip, Glyph } from "../components/glyph.tsx";
import { Instant } from "../components/instant.tsx";
import { Card, Empty, ProblemNote } from "../components/page.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import {
  lookOfSeverity,
  wordOfComponent,
  wordOfMonitor,
  wordOfVariable,
} from "../configuration_words.ts";
import { useApi, useNow, usePolling, useQuery } from "../live.tsx";
import type { Command, List, Station } from "../shapes.ts";
import { WatchButton } from "./station_configuration_watch.tsx";

const EVENTS_SHOWN = 200;
const DAY_MS = 24 * 60 * 60_000;

/** What the station watches by itself, and what it told of that in the last day. */
export function StationMonitors({ station }: { station: Station }): ReactElement {
  const path = `/stations/${segment(station.id)}`;
  const monitors = useQuery<List<Monitor>>(`${path}/monitors`);
  const events = useQuery<List<StationEvent>>(
    withQuery(`${path}/events`, { kind: "monitor", limit: EVENTS_SHOWN }),
  );
  usePolling(monitors.reload, 5_000, station.presence.connected);
  usePolling(events.reload, 5_000, station.presence.connected);
  const error = monitors.error ?? events.error;
  const known = monitors.value?.items ?? [];
  const told = events.value?.items ?? [];
  const isEmpty = monitors.value !== undefined && known.length === 0 && told.length === 0;
  return (
    <Card
      title="Monitors"
      beside={
        <>
          <AskMonitors station={station} />
          <WatchButton station={station} />
        </>
      }
      flush
    >
      {error === undefined ? null : (
        <div className="card-body">
          <ProblemNote error={error} onRetry={monitors.reload} />
        </div>
      )}
      {isEmpty
        ? (
          <Empty title="The station watches nothing that we know of">
            <p>
              Ask it for its monitors. Temperatures, voltages and other variables that it can watch
              are marked in its report; what it notices then appears here.
            </p>
          </Empty>
        )
        : (
          <>
            <ul className="monitors">
              {known.map((monitor) => (
                <MonitorRow key={monitor.id} monitor={monitor} events={told} station={station} />
              ))}
            </ul>
            <EventList events={told} />
          </>
        )}
    </Card>
  );
}

function AskMonitors({ station }: { station: Station }): ReactElement {
  const { busy, send } = useCommand(station);
  return (
    <Button
      variant="default"
      size="compact-xs"
      loading={busy}
      disabled={!station.presence.connected}
      onClick={() => send("get-monitoring-report", {}, "The station is asked for its monitors")}
    >
      Read monitors
    </Button>
  );
}

function useCommand(station: Station): {
  readonly busy: boolean;
  readonly send: (kind: string, body: unknown, said: string) => void;
} {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  return {
    busy,
    send: (kind, body, said) =>
      void run(async () => {
        await api.post<Command>(`/stations/${segment(station.id)}/commands/${kind}`, body);
        toasts.done(said);
      }),
  };
}

interface MonitorProps {
  readonly monitor: Monitor;
  readonly events: readonly StationEvent[];
  readonly station: Station;
}

function MonitorRow({ monitor, events, station }: MonitorProps): ReactElement {
  const { busy, send } = useCommand(station);
  const [asking, setAsking] = useState(false);
  const mine = events.filter(({ data }) => data["monitorId"] === monitor.id);
  const name = `${wordOfComponent(monitor)} ${wordOfVariable(monitor)}`;
  return (
    <li className="monitor">
      <span className="monitor-name">
        <b>{name}</b>
        <span className="soft small">
          {wordOfMonitor(monitor)}
          {monitor.transaction ? ", while charging" : ""}
        </span>
      </span>
      <Chip look={lookOfSeverity(monitor.severity)} />
      <DayLine events={mine} name={name} />
      {asking
        ? (
          <Button
            color="red"
            variant="light"
            size="compact-xs"
            loading={busy}
            onClick={() => send("clear-monitoring", { ids: [monitor.id] }, "It is being removed")}
          >
            Remove it?
          </Button>
        )
        : (
          <Button
            variant="default"
            size="compact-xs"
            aria-label={`Remove the monitor of ${name}`}
            disabled={!station.presence.connected}
            onClick={() => setAsking(true)}
          >
            Remove
          </Button>
        )}
    </li>
  );
}

/** The last day from left to right: a mark per event, hollow when it was cleared. */
function DayLine(
  { events, name }: { events: readonly StationEvent[]; name: string },
): ReactElement {
  const now = useNow();
  const recent = events.filter(({ at }) => now - Date.parse(at) < DAY_MS);
  return (
    <svg
      className="day-line"
      viewBox="0 0 240 18"
      preserveAspectRatio="none"
      role="img"
      aria-label={`${name}: ${recent.length} event${recent.length === 1 ? "" : "s"} in 24 hours`}
    >
      <line x1="0" x2="240" y1="9" y2="9" />
      {recent.map(({ id, at, data }) => (
        <rect
          key={id}
          x={Math.max(0, 236 - (now - Date.parse(at)) / DAY_MS * 236)}
          y={data["cleared"] === true ? 6 : 2}
          width="3"
          height={data["cleared"] === true ? 6 : 14}
          data-tone={data["cleared"] === true ? "available" : toneOf(data)}
        />
      ))}
    </svg>
  );
}

function severityOf(data: StationEvent["data"]): number | null {
  return typeof data["severity"] === "number" ? data["severity"] : null;
}

function toneOf(data: StationEvent["data"]): string {
  return lookOfSeverity(severityOf(data)).tone;
}

const LINES_SHOWN = 12;

function EventList({ events }: { events: readonly StationEvent[] }): ReactElement | null {
  const [isWhole, setIsWhole] = useState(false);
  if (events.length === 0) return null;
  const shown = isWhole ? events : events.slice(0, LINES_SHOWN);
  return (
    <div className="events">
      <h3>Events</h3>
      <ol>{shown.map((event) => <EventLine key={event.id} event={event} />)}</ol>
      {shown.length === events.length
        ? null
        : (
          <Button variant="default" size="compact-xs" onClick={() => setIsWhole(true)}>
            Show {events.length - shown.length} more
          </Button>
        )}
    </div>
  );
}

function EventLine({ event: { at, data } }: { event: StationEvent }): ReactElement {
  const isCleared = data["cleared"] === true;
  const look = lookOfSeverity(severityOf(data));
  const name = (field: string): string | undefined =>
    typeof data[field] === "string" ? data[field] : undefined;
  const number = (field: string): number | undefined =>
    typeof data[field] === "number" ? data[field] : undefined;
  const evseId = number("evseId");
  const component = {
    component: name("component") ?? "",
    ...(evseId === undefined ? {} : { evseId }),
  };
  const value = name("actualValue") ?? "";
  const details = ["techCode", "techInfo"].flatMap((field) => name(field) ?? []);
  return (
    <li>
      <span data-tone={isCleared ? "available" : look.tone}>
        <Glyph shape={isCleared ? "check" : look.shape} />
      </span>
      <span className="soft small">
        <Instant at={at} />
      </span>
      <span className="event-text">
        {wordOfComponent(component)} {name("variable")}
        {value === "" ? "" : ": "}
        <b>{value}</b>
        {isCleared ? " · over" : ""}
        {details.length === 0
          ? null
          : <span className="soft small">{` ${details.join(", ")}`}</span>}
      </span>
    </li>
  );
}
