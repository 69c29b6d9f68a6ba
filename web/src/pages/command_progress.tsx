import { Progress } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { Link } from "react-router";
import { segment } from "../api.ts";
import { wordOfCommand } from "../command_advice.ts";
import { Chip } from "../components/glyph.tsx";
import { ProblemNote } from "../components/page.tsx";
import { usePolling, useQuery } from "../live.tsx";
import type { CommandBatch } from "../shapes.ts";
import { isFinal, type Look, lookOfCommand } from "../status.ts";

const pollMs = 1_000;
const shownMax = 200;

type Status = CommandBatch["stations"][number]["status"];

function lookOf(status: Status): Look {
  if (status === "pending") return { word: "Waiting", tone: "off", shape: "dotted" };
  return lookOfCommand(status);
}

function isOver(status: Status): boolean {
  return status !== "pending" && isFinal(status);
}

/** How far one command for many stations has come, and what each station made of it. */
export function BatchProgress({ batchId }: { batchId: string }): ReactElement {
  const query = useQuery<CommandBatch>(`/commands/${segment(batchId)}`);
  const batch = query.value;
  const [only, setOnly] = useState<Status>();
  const isDone = batch?.stations.every(({ status }) => isOver(status)) === true;
  const { reload } = query;
  usePolling(reload, pollMs, !isDone);
  if (query.error !== undefined) {
    return (
      <div className="card-body">
        <ProblemNote error={query.error} onRetry={reload} />
      </div>
    );
  }
  if (batch === undefined) return <div className="chart-empty">Loading…</div>;
  const over = batch.stations.filter(({ status }) => isOver(status)).length;
  const counts = new Map<Status, number>();
  for (const { status } of batch.stations) counts.set(status, (counts.get(status) ?? 0) + 1);
  const shown = batch.stations.filter(({ status }) => only === undefined || status === only);
  return (
    <div>
      <div className="card-body form">
        <div className="row">
          <b>{wordOfCommand({ kind: batch.kind })}</b>
          <span className="soft">{over} of {batch.total} done</span>
        </div>
        <Progress
          value={batch.total === 0 ? 100 : 100 * over / batch.total}
          aria-label="Stations done"
        />
        <div className="row">
          {[...counts].map(([status, count]) => (
            <button
              key={status}
              type="button"
              className="plain"
              aria-pressed={only === status}
              onClick={() => setOnly(only === status ? undefined : status)}
            >
              <Chip look={lookOf(status)} name={String(count)} />
            </button>
          ))}
        </div>
      </div>
      <StationList stations={shown} />
    </div>
  );
}

function StationList({ stations }: { stations: CommandBatch["stations"] }): ReactElement {
  const more = stations.length - shownMax;
  return (
    <div className="table-scroll batch">
      <table className="table">
        <tbody>
          {stations.slice(0, shownMax).map(({ stationId, status, detail }) => (
            <tr key={stationId}>
              <td>
                <Link className="link" to={`/stations/${segment(stationId)}`}>{stationId}</Link>
                {detail === undefined ? null : <div className="soft small">{detail}</div>}
              </td>
              <td className="number">
                <Chip look={lookOf(status)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0
        ? <p className="soft small" style={{ padding: "0 16px" }}>and {more} more</p>
        : null}
    </div>
  );
}
