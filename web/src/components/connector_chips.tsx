import type { ReactElement } from "react";
import { sessionAt } from "../live_merge.ts";
import type { Session, Station } from "../shapes.ts";
import {
  chargingEvses,
  connectorName,
  lookOfConnector,
  lookOfStatus,
  stationStatus,
} from "../status.ts";
import { Chip } from "./glyph.tsx";

interface ConnectorChipsProps {
  readonly station: Station;
  readonly sessions: readonly Session[];
}

/** Every connector of a station with its state; grey outlines when the station is away. */
export function ConnectorChips({ station, sessions }: ConnectorChipsProps): ReactElement {
  const stale = !station.presence.connected;
  const own = stationStatus(station);
  const evses = chargingEvses(station);
  if (evses.length === 0 && own === undefined) {
    return <span className="soft small">No connector reported yet</span>;
  }
  return (
    <span className="row" style={{ gap: 5 }}>
      {own === undefined ? null : <Chip look={lookOfStatus(own)} name="Station" stale={stale} />}
      {evses.flatMap((evse) =>
        evse.connectors.map(({ connectorId, status }) => (
          <Chip
            key={`${evse.evseId}.${connectorId}`}
            name={connectorName(evse, connectorId)}
            look={lookOfConnector(status, sessionAt(sessions, evse.evseId, connectorId))}
            stale={stale}
            title={`EVSE ${evse.evseId}, connector ${connectorId}: ${status}` +
              (stale ? " when last heard of" : "")}
          />
        ))
      )}
    </span>
  );
}
