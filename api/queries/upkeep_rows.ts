/** Files that stations load and send, how they connect, and what they reported beside charging. */
import { isObject } from "#schemas/command.ts";
import type { CommandStatus } from "#schemas/events/charger.ts";
import type {
  DataTransferEvent,
  DataTransferQuery,
  FirmwareJob,
  JobStateShown,
  NetworkProfile,
  SecurityEvent,
  SecurityEventQuery,
  StationLog,
} from "#schemas/rest/upkeep.ts";
import type { ListQuery } from "#schemas/rest/shape.ts";
import { Conditions } from "../conditions.ts";
import { pageOf } from "../paging.ts";
import type { Rows } from "../ports/rows.ts";
import type { Page } from "../reply.ts";
import { shownInstant } from "../shown_instant.ts";

type Body = Readonly<Record<string, unknown>>;

/** A job as the station's actor keeps it, and how its CALL stands. */
interface JobRow {
  readonly key: string;
  readonly body: Body;
  readonly commandStatus: CommandStatus | null;
}

const withCommand = `station_items i LEFT JOIN commands c ON c.tenant = i.tenant AND c.id = i.key`;
const jobOrder = [
  { name: "i.created_at", type: "timestamptz" },
  { name: "i.id", type: "text" },
] as const;

export function listLogs(
  rows: Rows,
  stationId: string,
  query: ListQuery,
): Promise<Page<StationLog>> {
  return jobs(rows, { stationId, block: "log" }, query, (row) => ({
    ...shownJob(row),
    logType: text(row.body["logType"]) ?? "DiagnosticsLog",
    remoteLocation: text(row.body["remoteLocation"]),
    fileName: text(row.body["fileName"]),
  }));
}

export function listFirmware(
  rows: Rows,
  stationId: string,
  query: ListQuery,
): Promise<Page<FirmwareJob>> {
  return jobs(rows, { stationId, block: "firmware" }, query, ({ body, ...row }) => ({
    ...shownJob({ body, ...row }),
    kind: body["kind"] === "publication" ? "publication" : "update",
    location: text(body["location"]),
    retrieveAt: text(body["retrieveAt"]),
    installAt: text(body["installAt"]),
    isSigned: body["isSigned"] === true,
    checksum: text(body["checksum"]),
    locations: texts(body["locations"]),
  }));
}

function jobs<Item>(
  rows: Rows,
  { stationId, block }: { readonly stationId: string; readonly block: string },
  query: ListQuery,
  toItem: (row: JobRow) => Item,
): Promise<Page<Item>> {
  const where = new Conditions().add("i.station_id = ?", stationId).add("i.block = ?", block);
  const select = "i.key, i.body, c.status AS command_status";
  return pageOf(rows, query, { select, from: withCommand, where, order: jobOrder }, toItem);
}

function shownJob({ key, body, commandStatus }: JobRow): Omit<
  StationLog,
  "logType" | "remoteLocation" | "fileName"
> {
  const { requestId, answer, status, createdAt, updatedAt } = body;
  return {
    id: key,
    requestId: typeof requestId === "number" ? requestId : null,
    state: shownState(body["state"], commandStatus) as JobStateShown,
    answer: text(answer),
    status: text(status),
    history: reports(body["history"]),
    createdAt: String(createdAt),
    updatedAt: String(updatedAt),
  };
}

const silent: ReadonlySet<CommandStatus | null> = new Set<CommandStatus>([
  ...["timedOut", "expired", "unknown"] as const,
]);

/** Nobody waits for ever: what the station never answered is said so. */
function shownState(state: unknown, commandStatus: CommandStatus | null): unknown {
  return state === "pending" && silent.has(commandStatus) ? "unanswered" : state;
}

function reports(history: unknown): StationLog["history"] {
  if (!Array.isArray(history)) return [];
  return history.filter(isObject).map(({ status, at }) => ({
    status: String(status),
    at: String(at),
  }));
}

interface ProfileRow {
  readonly key: string;
  readonly body: Body;
  readonly commandStatus: CommandStatus | null;
}

/** By slot; a station has few. */
export async function listNetworkProfiles(
  rows: Rows,
  stationId: string,
): Promise<readonly NetworkProfile[]> {
  const found = await rows.all<ProfileRow>(
    `SELECT i.key, i.body, c.status AS command_status
      FROM station_items i
      LEFT JOIN commands c ON c.tenant = i.tenant AND c.id = i.body->>'commandId'
      WHERE i.station_id = $1 AND i.block = 'network-profile' ORDER BY i.key LIMIT 1000`,
    [stationId],
  );
  const bySlot = Map.groupBy(found, ({ body }) => Number(body["configurationSlot"]));
  return [...bySlot].sort(([one], [other]) => one - other)
    .map(([slot, slotRows]) => profileOf(slot, slotRows));
}

function profileOf(configurationSlot: number, rows: readonly ProfileRow[]): NetworkProfile {
  const asked = rows.find(({ key }) => key.endsWith("/asked"));
  const confirmed = rows.find(({ key }) => key.endsWith("/confirmed"))?.body;
  const newest = asked?.body ?? confirmed ?? {};
  return {
    configurationSlot,
    connectionData: object(newest["connectionData"]),
    status: shownState(
      asked?.body["status"] ?? "accepted",
      asked?.commandStatus ?? null,
    ) as NetworkProfile["status"],
    answer: text(asked?.body["answer"]),
    askedAt: text(asked?.body["askedAt"]),
    confirmed: confirmed === undefined ? null : {
      connectionData: object(confirmed["connectionData"]),
      confirmedAt: String(confirmed["confirmedAt"]),
    },
  };
}

interface EventRow {
  readonly id: string;
  readonly at: string;
  readonly receivedAt: string;
  readonly body: Body;
}

const eventOrder = [
  { name: "received_at", type: "timestamptz" },
  { name: "id", type: "text" },
] as const;

export function listSecurityEvents(
  rows: Rows,
  stationId: string,
  query: SecurityEventQuery,
): Promise<Page<SecurityEvent>> {
  const where = events(stationId, "security")
    .addIf(query.type, "body->>'type' = ?")
    .addIf(query.critical, "(body->>'isCritical')::boolean = ?")
    .addIf(query.from, "received_at >= ?::text::timestamptz")
    .addIf(query.to, "received_at < ?::text::timestamptz");
  return listEvents(rows, query, where, ({ id, at, receivedAt, body }) => ({
    id,
    type: String(body["type"]),
    techInfo: text(body["techInfo"]),
    isCritical: body["isCritical"] === true,
    at: shownInstant(at),
    receivedAt: shownInstant(receivedAt),
  }));
}

export function listDataTransfers(
  rows: Rows,
  stationId: string,
  query: DataTransferQuery,
): Promise<Page<DataTransferEvent>> {
  const where = events(stationId, "data-transfer")
    .addIf(query.vendorId, "body->>'vendorId' = ?")
    .addIf(query.messageId, "body->>'messageId' = ?");
  return listEvents(rows, query, where, ({ id, receivedAt, body }) => ({
    id,
    vendorId: String(body["vendorId"]),
    messageId: text(body["messageId"]),
    data: body["data"] ?? null,
    isCut: body["isCut"] === true,
    receivedAt: shownInstant(receivedAt),
  }));
}

function events(stationId: string, kind: string): Conditions {
  return new Conditions().add("station_id = ?", stationId).add("kind = ?", kind);
}

function listEvents<Item>(
  rows: Rows,
  query: ListQuery,
  where: Conditions,
  toItem: (row: EventRow) => Item,
): Promise<Page<Item>> {
  const select = "id, at, received_at, body";
  return pageOf(rows, query, { select, from: "station_events", where, order: eventOrder }, toItem);
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}
