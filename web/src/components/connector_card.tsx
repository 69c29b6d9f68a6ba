import { Button } from "@mantine/core";
import type { ReactElement } from "react";
import { Link } from "react-router";
import { segment } from "../api.ts";
import { formatEnergy, formatPercent, formatPower } from "../format.ts";
import type { Connector, Session } from "../shapes.ts";
import { lookOfConnector } from "../status.ts";
import { Chip } from "./glyph.tsx";
import { Elapsed } from "./instant.tsx";

export interface ConnectorCardProps {
  readonly name: string;
  readonly connector: Connector;
  readonly session: Session | undefined;
  readonly connected: boolean;
  readonly onStart: () => void;
  readonly onStop: (session: Session) => void;
  readonly onUnlock: () => void;
  readonly onReserve: () => void;
}

/** One connector: its picture, what it does, and what can be done with it. */
export function ConnectorCard(props: ConnectorCardProps): ReactElement {
  const { name, connector, session, connected, onStart, onStop, onUnlock, onReserve } = props;
  const look = lookOfConnector(connector.status, session);
  return (
    <section className="connector" data-tone={look.tone} aria-label={`Connector ${name}`}>
      <Picture
        flow={look.tone === "charging" && connected}
        soc={session?.socPercent ?? null}
      />
      <div>
        <h3>
          Connector {name}
          <Chip look={look} stale={!connected} title={`The station says ${connector.status}`} />
        </h3>
        {session === undefined
          ? (
            <div className="soft small">
              for <Elapsed from={connector.reportedAt} to={null} />
            </div>
          )
          : <Reading session={session} />}
      </div>
      <div className="connector-actions">
        {session === undefined
          ? <Button variant="light" onClick={onStart} disabled={!connected}>Start…</Button>
          : (
            <Button
              variant="light"
              color="red"
              onClick={() => onStop(session)}
              disabled={!connected}
            >
              Stop
            </Button>
          )}
        <Button variant="default" onClick={onUnlock} disabled={!connected}>Unlock</Button>
        {session === undefined
          ? <Button variant="default" onClick={onReserve}>Reserve…</Button>
          : (
            <Button variant="subtle" component={Link} to={`/sessions/${segment(session.id)}`}>
              Session
            </Button>
          )}
      </div>
    </section>
  );
}

function Reading({ session }: { session: Session }): ReactElement {
  return (
    <div>
      <div className="connector-reading">{formatPower(session.powerW)}</div>
      <div className="soft small">
        {formatEnergy(session.energyWh)} in{" "}
        <Elapsed from={session.startedAt} to={session.endedAt} />
        {session.socPercent === null || session.socPercent === undefined
          ? null
          : ` · ${formatPercent(session.socPercent)} full`}
      </div>
    </div>
  );
}

const circumference = 2 * Math.PI * 37;

/** The face of a Type 2 socket. The ring shows the car's charge when it is known, else that energy flows. */
function Picture({ flow, soc }: { flow: boolean; soc: number | null }): ReactElement {
  const filled = soc === null ? 0 : circumference * Math.min(100, Math.max(0, soc)) / 100;
  return (
    <svg
      className="connector-picture"
      viewBox="0 0 84 84"
      data-flow={flow && soc === null}
      aria-hidden="true"
    >
      <circle className="track" cx="42" cy="42" r="37" strokeWidth="4" />
      {flow && soc === null
        ? <circle className="ring" cx="42" cy="42" r="37" strokeWidth="4" />
        : null}
      {soc === null ? null : (
        <circle
          className="ring"
          cx="42"
          cy="42"
          r="37"
          strokeWidth="4"
          strokeDasharray={`${filled} ${circumference}`}
          transform="rotate(-90 42 42)"
        />
      )}
      <path
        className="body"
        strokeWidth="1.5"
        d="M24 25.5h36a4 4 0 0 1 4 4V42a22 22 0 0 1-44 0V29.5a4 4 0 0 1 4-4z"
      />
      {[[33.5, 33, 3.2], [50.5, 33, 3.2], [28.5, 43.5, 4], [42, 43.5, 4], [55.5, 43.5, 4], [
        35,
        54.5,
        4,
      ], [49, 54.5, 4]].map(([x, y, r]) => (
        <circle key={`${x} ${y}`} className="pin" cx={x} cy={y} r={r} />
      ))}
    </svg>
  );
}
