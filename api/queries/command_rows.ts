import type { CommandDescription, CommandKind, CommandStatus } from "#schemas/events/charger.ts";
import type { Call, CallQuery, Command, CommandQuery } from "#schemas/rest/command.ts";
import { Conditions } from "../conditions.ts";
import { pageOf } from "../paging.ts";
import type { Rows } from "../ports/rows.ts";
import type { Page } from "../reply.ts";
import { shownInstant } from "../shown_instant.ts";

interface CommandRow {
  readonly id: string;
  readonly stationId: string;
  readonly kind: CommandKind | "call";
  readonly action: string;
  readonly status: CommandStatus;
  readonly batchId: string | null;
  readonly response: unknown;
  readonly error: NonNullable<CommandDescription["error"]> | null;
  readonly sessionId: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

const columns = `id, station_id, kind, action, status, batch_id, response, error, session_id,
  created_at, updated_at`;
const order = [{ name: "created_at", type: "timestamptz" }, { name: "id", type: "text" }] as const;

/** A command or call as its actor last described it. */
export async function findDescription(
  rows: Rows,
  id: string,
): Promise<CommandDescription | undefined> {
  const [row] = await rows.all<CommandRow>(`SELECT ${columns} FROM commands WHERE id = $1`, [id]);
  return row === undefined ? undefined : toDescription(row);
}

export async function findCommand(rows: Rows, id: string): Promise<Command | undefined> {
  const [row] = await rows.all<CommandRow>(
    `SELECT ${columns} FROM commands WHERE id = $1 AND kind <> 'call'`,
    [id],
  );
  return row === undefined ? undefined : toCommand(row);
}

/** The commands of a batch, by station. */
export async function commandsOfBatch(
  rows: Rows,
  batchId: string,
): Promise<ReadonlyMap<string, Command>> {
  const found = await rows.all<CommandRow>(
    `SELECT ${columns} FROM commands WHERE batch_id = $1`,
    [batchId],
  );
  return new Map(found.map((row) => [row.stationId, toCommand(row)]));
}

export function listCommands(rows: Rows, query: CommandQuery): Promise<Page<Command>> {
  const where = new Conditions().add("kind <> 'call'")
    .addIf(query.station, "station_id = ?")
    .addIf(query.kind, "kind = ?");
  // What is unknown was sent, and is shown so until it is settled.
  if (query.status === "sent") where.add("status IN ('sent', 'unknown')");
  else where.addIf(query.status, "status = ?");
  return pageOf(rows, query, { select: columns, from: "commands", where, order }, toCommand);
}

export function listCalls(rows: Rows, query: CallQuery): Promise<Page<Call>> {
  const where = new Conditions().add("kind = 'call'")
    .addIf(query.station, "station_id = ?")
    .addIf(query.action, "action = ?");
  if (query.status === "timedOut") where.add("status IN ('timedOut', 'expired', 'unknown')");
  else where.addIf(query.status, "status = ?");
  return pageOf(
    rows,
    query,
    { select: columns, from: "commands", where, order },
    (row: CommandRow) => toCall(toDescription(row)),
  );
}

/** A raw call in the words of REST: whatever left no answer in time is `timedOut`. */
export function toCall(description: CommandDescription): Call {
  const { id, stationId, action, status, response, error, createdAt, updatedAt } = description;
  return {
    id,
    stationId,
    action,
    status: callStatus(status),
    ...(status === "answered" ? { response } : {}),
    ...(error === undefined ? {} : { error }),
    createdAt,
    updatedAt,
  };
}

function callStatus(status: CommandStatus): Call["status"] {
  switch (status) {
    case "queued":
    case "sent":
    case "answered":
    case "failed":
      return status;
    case "accepted":
    case "rejected":
      return "answered";
    case "timedOut":
    case "expired":
    case "unknown":
      return "timedOut";
  }
}

/** A typed command in the words of REST; `unknown` is `sent` until it is settled. */
export function commandOf(description: CommandDescription, batchId?: string): Command {
  const { kind, status, response, error, sessionId } = description;
  if (kind === "call") throw new TypeError(`Cannot show ${description.id}: it is a raw call`);
  return {
    id: description.id,
    stationId: description.stationId,
    kind,
    status: commandStatus(status),
    ...(response === undefined ? {} : { response }),
    ...(error === undefined ? {} : { error }),
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(batchId === undefined ? {} : { batchId }),
    createdAt: description.createdAt,
    updatedAt: description.updatedAt,
  };
}

function commandStatus(status: CommandStatus): Command["status"] {
  if (status === "unknown") return "sent";
  return status === "answered" ? "accepted" : status;
}

function toCommand(row: CommandRow): Command {
  return commandOf(toDescription(row), row.batchId ?? undefined);
}

function toDescription(row: CommandRow): CommandDescription {
  return {
    id: row.id,
    stationId: row.stationId,
    kind: row.kind,
    action: row.action,
    status: row.status,
    ...(row.response === null ? {} : { response: row.response }),
    ...(row.error === null ? {} : { error: row.error }),
    ...(row.sessionId === null ? {} : { sessionId: row.sessionId }),
    createdAt: shownInstant(row.createdAt),
    updatedAt: shownInstant(row.updatedAt),
  };
}
