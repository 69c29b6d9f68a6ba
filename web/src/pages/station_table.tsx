import { type KeyboardEvent, memo, type ReactElement, useMemo } from "react";
import { Link, useNavigate } from "react-router";
import { segment } from "../api.ts";
import { ConnectorChips } from "../components/connector_chips.tsx";
import { DataTable } from "../components/data_table.tsx";
import { Chip, Glyph } from "../components/glyph.tsx";
import { Presence } from "../components/presence.tsx";
import { formatPower } from "../format.ts";
import { sessionAt } from "../live_merge.ts";
import type { Session, Station } from "../shapes.ts";
import { chargingEvses, lookOfConnector } from "../status.ts";

const none: readonly Session[] = [];
const heads = [
  "Station",
  "Connection",
  "Connectors",
  { word: "Power now", isNumber: true },
  "Location",
];

function byStation(
  sessions: ReadonlyMap<string, Session>,
): ReadonlyMap<string, readonly Session[]> {
  const grouped = new Map<string, Session[]>();
  for (const session of sessions.values()) {
    const group = grouped.get(session.stationId);
    if (group === undefined) grouped.set(session.stationId, [session]);
    else group.push(session);
  }
  return grouped;
}

function powerOf(sessions: readonly Session[]): number | null {
  const known = sessions.map((session) => session.powerW).filter((watts) =>
    typeof watts === "number"
  );
  return known.length === 0 ? null : known.reduce((sum, watts) => sum + watts, 0);
}

interface StationTableProps {
  readonly stations: readonly Station[] | undefined;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly locationNames: ReadonlyMap<string, string>;
}

export function StationTable(props: StationTableProps): ReactElement {
  const { stations, sessions, locationNames } = props;
  const grouped = useMemo(() => byStation(sessions), [sessions]);
  return (
    <DataTable heads={heads} items={stations} onKeyDown={moveByArrows}>
      {(station) => (
        <StationRow
          key={station.id}
          station={station}
          // Without sessions it gets the same empty list each time and does not render again.
          sessions={station.openSessions.length === 0 ? none : grouped.get(station.id) ?? none}
          locationName={locationNames.get(station.locationId ?? "") ?? station.locationId ?? ""}
        />
      )}
    </DataTable>
  );
}

/** Arrow up and down walk from row to row. */
function moveByArrows(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>("a.stretch")];
  const at = links.findIndex((link) => link === document.activeElement);
  const next = links[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (at === -1 || next === undefined) return;
  event.preventDefault();
  next.focus();
}

interface StationRowProps {
  readonly station: Station;
  readonly sessions: readonly Session[];
  readonly locationName: string;
}

const StationRow = memo(function StationRow(props: StationRowProps): ReactElement {
  const { station, sessions, locationName } = props;
  const { vendor, model } = station.boot;
  const watts = powerOf(sessions);
  return (
    <tr data-link="true">
      <td>
        <Link className="link stretch" to={`/stations/${segment(station.id)}`}>{station.id}</Link>
        <div className="soft small">
          {[vendor, model].filter((part) => part !== null).join(" ")}
        </div>
        {station.registration === "Accepted"
          ? null
          : <Chip look={{ word: station.registration, tone: "occupied", shape: "clock" }} />}
      </td>
      <td data-push="true" className="top">
        <Presence station={station} />
      </td>
      <td data-wide="true">
        <ConnectorChips station={station} sessions={sessions} />
      </td>
      <td className="number">{watts === null ? null : formatPower(watts)}</td>
      <td>
        {locationName === "" ? null : <span className="soft">{locationName}</span>}
        {station.tags.length === 0 ? null : (
          <span className="row tags">
            {station.tags.slice(0, 3).map((tag) => <span key={tag} className="tag">{tag}</span>)}
          </span>
        )}
      </td>
    </tr>
  );
});

interface StationWallProps {
  readonly stations: readonly Station[];
  readonly sessions: ReadonlyMap<string, Session>;
}

/** Hundreds of stations on one screen: a tile each, with a mark for every connector. */
export function StationWall({ stations, sessions }: StationWallProps): ReactElement {
  const grouped = useMemo(() => byStation(sessions), [sessions]);
  const navigate = useNavigate();
  return (
    <div className="wall">
      {stations.map((station) => {
        const own = grouped.get(station.id) ?? none;
        const watts = powerOf(own);
        const target = `/stations/${segment(station.id)}`;
        return (
          <Link
            key={station.id}
            className="tile"
            to={target}
            data-away={!station.presence.connected}
            onKeyDown={(event) => event.key === " " ? navigate(target) : undefined}
            aria-label={tileWords(station, own)}
            title={tileWords(station, own)}
          >
            <span className="tile-name">{station.id}</span>
            <span className="tile-marks">
              {chargingEvses(station).flatMap((evse) =>
                evse.connectors.map(({ connectorId, status }) => {
                  const look = lookOfConnector(status, sessionAt(own, evse.evseId, connectorId));
                  return (
                    <span key={`${evse.evseId}.${connectorId}`} data-tone={look.tone}>
                      <Glyph shape={look.shape} />
                    </span>
                  );
                })
              )}
              {watts === null ? null : <span className="tile-power">{formatPower(watts)}</span>}
            </span>
          </Link>
        );
      })}
    </div>
  );
}

function tileWords(station: Station, sessions: readonly Session[]): string {
  const connectors = chargingEvses(station).flatMap((evse) =>
    evse.connectors.map(({ connectorId, status }) =>
      `${evse.evseId} ${
        lookOfConnector(status, sessionAt(sessions, evse.evseId, connectorId)).word
      }`
    )
  );
  return [station.id, station.presence.connected ? "connected" : "away", ...connectors].join(", ");
}
