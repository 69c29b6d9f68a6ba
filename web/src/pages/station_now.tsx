import { Button } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { Link } from "react-router";
import { segment } from "../api.ts";
import { CommandList } from "../components/command_list.tsx";
import { connectUrl } from "../components/connect_url.ts";
import { ConnectorCard } from "../components/connector_card.tsx";
import { Chip } from "../components/glyph.tsx";
import { Instant } from "../components/instant.tsx";
import { Card, CodeLine, Empty, Facts } from "../components/page.tsx";
import { useAction } from "../components/toasts.tsx";
import { formatEnergy } from "../format.ts";
import { sessionAt } from "../live_merge.ts";
import { useQuery } from "../live.tsx";
import type { ChargingLocation, Session, Station } from "../shapes.ts";
import { type StationCommands, useStationCommands, useStationSessions } from "../station_live.ts";
import {
  chargingEvses,
  connectorName,
  lookOfSession,
  lookOfStatus,
  stationStatus,
} from "../status.ts";
import { ReserveDialog } from "./reserve_dialog.tsx";
import { StartDialog, StationActions } from "./station_actions.tsx";
import { StationConnection } from "./station_connection.tsx";
import { StationPower } from "./station_power.tsx";

/** What the station does at this moment, and what can be done with it. */
export function StationNow({ station }: { station: Station }): ReactElement {
  const sessions = useStationSessions(station.id);
  const commands = useStationCommands(station.id);
  return (
    <div className="columns">
      <div className="stack">
        <Connectors station={station} sessions={sessions} commands={commands} />
        <Card title="Power">
          <StationPower stationId={station.id} isCharging={sessions.length > 0} />
        </Card>
      </div>
      <div className="stack">
        <StationActions station={station} commands={commands} />
        <Card title="Commands" flush>
          {commands.commands === undefined || commands.commands.length === 0
            ? <p className="soft small" style={{ padding: "0 16px" }}>None was sent yet.</p>
            : <CommandList commands={commands.commands} />}
        </Card>
        <StationFacts station={station} />
        <StationConnection station={station} />
      </div>
    </div>
  );
}

interface ConnectorsProps {
  readonly station: Station;
  readonly sessions: readonly Session[];
  readonly commands: StationCommands;
}

function Connectors({ station, sessions, commands }: ConnectorsProps): ReactElement {
  const [startAt, setStartAt] = useState<number>();
  const [reserveAt, setReserveAt] = useState<number>();
  const { run } = useAction();
  const evses = chargingEvses(station);
  const own = stationStatus(station);
  const placed = new Set<string>();
  const cards = evses.flatMap((evse) =>
    evse.connectors.map((connector) => {
      const session = sessionAt(sessions, evse.evseId, connector.connectorId);
      if (session !== undefined) placed.add(session.id);
      return (
        <ConnectorCard
          key={`${evse.evseId}.${connector.connectorId}`}
          name={connectorName(evse, connector.connectorId)}
          connector={connector}
          session={session}
          connected={station.presence.connected}
          onStart={() => setStartAt(evse.evseId)}
          onReserve={() => setReserveAt(evse.evseId)}
          onStop={({ id }) => void run(() => commands.send("remote-stop", { sessionId: id }))}
          onUnlock={() =>
            void run(() =>
              commands.send("unlock", {
                evseId: evse.evseId,
                connectorId: connector.connectorId,
              })
            )}
        />
      );
    })
  );
  const others = sessions.filter((session) => !placed.has(session.id));
  return (
    <>
      {own === undefined ? null : (
        <div className="row">
          The station as a whole reports <Chip look={lookOfStatus(own)} />
        </div>
      )}
      {cards.length === 0
        ? <NoConnectors station={station} />
        : <div className="connectors">{cards}</div>}
      {others.length === 0 ? null : <OtherSessions sessions={others} />}
      <StartDialog
        station={station}
        evseId={startAt}
        onClose={() => setStartAt(undefined)}
        commands={commands}
      />
      <ReserveDialog
        opened={reserveAt !== undefined}
        onClose={() => setReserveAt(undefined)}
        onSaved={() => {}}
        stationId={station.id}
        evseId={reserveAt}
      />
    </>
  );
}

function NoConnectors({ station }: { station: Station }): ReactElement {
  return (
    <Card>
      <Empty title="No connector has reported yet">
        <p>
          {station.presence.connected
            ? "The station is connected; its connectors appear as soon as it reports their status."
            : "Enter this address as the station's backend (CSMS) URL:"}
        </p>
        {station.presence.connected
          ? null
          : (
            <div style={{ width: "min(520px, 100%)", marginTop: 8 }}>
              <CodeLine text={connectUrl(station.id)} word="the OCPP address" />
            </div>
          )}
      </Empty>
    </Card>
  );
}

/** Sessions whose connector the station has not named. */
function OtherSessions({ sessions }: { sessions: readonly Session[] }): ReactElement {
  return (
    <Card title="Sessions without a known connector">
      {sessions.map((session) => (
        <div key={session.id} className="row">
          <Chip look={lookOfSession(session)} />
          <Link className="link" to={`/sessions/${segment(session.id)}`}>
            {session.transactionId}
          </Link>
          <span className="soft">{formatEnergy(session.energyWh)}</span>
        </div>
      ))}
    </Card>
  );
}

function StationFacts({ station }: { station: Station }): ReactElement {
  const { boot, presence, locationId } = station;
  const place = useQuery<ChargingLocation>(
    locationId === null ? null : `/locations/${segment(locationId)}`,
  );
  return (
    <Card
      title="Station"
      beside={
        <Button
          variant="subtle"
          size="compact-xs"
          component={Link}
          to="?tab=settings"
          style={{ marginLeft: "auto" }}
        >
          Settings
        </Button>
      }
    >
      <Facts
        facts={[
          ["Vendor", boot.vendor],
          ["Model", boot.model],
          ["Serial number", boot.serialNumber],
          ["Firmware", boot.firmwareVersion],
          ["Protocol", presence.protocol?.replace("ocpp", "OCPP ") ?? null],
          ["Last heard of", <Instant key="seen" at={presence.lastSeenAt} as="ago" />],
          ["Added", <Instant key="added" at={station.createdAt} />],
          ["Location", place.value?.name ?? station.locationId],
        ]}
      />
    </Card>
  );
}
