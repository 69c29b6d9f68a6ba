/** How a charger shows itself: descriptions for REST and facts, rows for the read models. */
import type { ViewCells, ViewRow } from "#engine/actor.ts";
import type {
  AlertDescription,
  CommandDescription,
  ConnectorDescription,
  EvseDescription,
  SocketDescription,
  StationDescription,
} from "#schemas/events/charger.ts";
import { formatInstant } from "#schemas/instant.ts";
import type { AlertRecord, ChargerContext, CommandRecord, FinishedCommand } from "./context.ts";
import { sessionKey } from "./turn.ts";

export function describeStation(context: ChargerContext): StationDescription {
  const { settings: { isFreePlace: _, placePrice: __, ...settings }, boot } = context;
  return {
    id: context.stationId,
    ...settings,
    bootRetrySeconds: settings.bootRetrySeconds ?? null,
    energyPrice: settings.energyPrice ?? null,
    createdAt: formatInstant(context.createdAt ?? 0),
    presence: describePresence(context),
    boot: {
      vendor: boot?.vendor ?? null,
      model: boot?.model ?? null,
      serialNumber: boot?.serialNumber ?? null,
      firmwareVersion: boot?.firmwareVersion ?? null,
    },
    evses: describeEvses(context),
    openSessions: openSessionIds(context),
  };
}

/** Sockets that are shown: the current one and the one before. */
const SOCKETS_SHOWN = 2;

function describePresence(context: ChargerContext): StationDescription["presence"] {
  const { link } = context;
  return {
    connected: link !== null,
    protocol: link?.protocol ?? null,
    lastSeenAt: formatSeen(context),
    gateway: link?.gateway ?? null,
    connectedAt: link === null ? null : formatInstant(link.openedAt),
    sockets: describeSockets(context),
  };
}

function describeSockets({ sockets }: ChargerContext): readonly SocketDescription[] {
  return sockets.slice(0, SOCKETS_SHOWN).map((socket) => ({
    gateway: socket.gateway,
    address: socket.address,
    openedAt: formatInstant(socket.openedAt),
    closedAt: socket.closedAt === null ? null : formatInstant(socket.closedAt),
    serialNumber: socket.serialNumber,
  }));
}

function formatSeen({ lastSeenAt, heardAt }: ChargerContext): string | null {
  const seenAt = Math.max(lastSeenAt ?? 0, heardAt);
  return seenAt === 0 ? null : formatInstant(seenAt);
}

function describeEvses(context: ChargerContext): readonly EvseDescription[] {
  const evses = new Map<number, ConnectorDescription[]>();
  const ordered = [...context.connectors].sort((a, b) =>
    a.evseId - b.evseId || a.connectorId - b.connectorId
  );
  for (const { evseId, connectorId, status, reportedAt } of ordered) {
    const connectors = evses.get(evseId) ?? [];
    connectors.push({ connectorId, status, reportedAt: formatInstant(reportedAt) });
    evses.set(evseId, connectors);
  }
  return [...evses].map(([evseId, connectors]) => ({ evseId, connectors }));
}

function openSessionIds(context: ChargerContext): readonly string[] {
  return context.open.map(({ n }) => sessionKey(context, n));
}

export function stationRow(context: ChargerContext): ViewRow {
  if (context.createdAt === null) {
    return { table: "stations", id: context.stationId, row: null };
  }
  const { settings, link, boot } = context;
  return {
    table: "stations",
    id: context.stationId,
    row: {
      location_id: settings.locationId,
      tags: settings.tags,
      security_profile: settings.securityProfile,
      quiet: settings.quiet,
      registration: settings.registration,
      heartbeat_interval_seconds: settings.heartbeatIntervalSeconds,
      boot_retry_seconds: settings.bootRetrySeconds ?? null,
      authorisation_required: settings.authorisationRequired,
      energy_price: settings.energyPrice ?? null,
      connected: link !== null,
      gateway: link?.gateway ?? null,
      protocol: link?.protocol ?? null,
      connection_epoch: link?.epoch ?? null,
      connected_at: link === null ? null : formatInstant(link.openedAt),
      sockets: describeSockets(context),
      last_seen_at: formatSeen(context),
      vendor: boot?.vendor ?? null,
      model: boot?.model ?? null,
      serial_number: boot?.serialNumber ?? null,
      firmware_version: boot?.firmwareVersion ?? null,
      evses: describeEvses(context),
      statuses: [...new Set(context.connectors.map(({ status }) => status))],
      open_sessions: openSessionIds(context),
      created_at: formatInstant(context.createdAt),
    },
  };
}

export type AlertStatus = AlertDescription["status"];

export function describeAlert(
  context: ChargerContext,
  alert: AlertRecord,
  resolvedAt: number | null,
): AlertDescription {
  const { acknowledgedAt } = alert;
  const unresolved = acknowledgedAt === null ? "open" : "acknowledged";
  return {
    id: `${context.key}~a${alert.n}`,
    kind: alert.kind,
    stationId: context.stationId,
    sessionId: alert.sessionId,
    status: resolvedAt === null ? unresolved : "resolved",
    detail: alert.detail,
    openedAt: formatInstant(alert.openedAt),
    acknowledgedAt: acknowledgedAt === null ? null : formatInstant(acknowledgedAt),
    resolvedAt: resolvedAt === null ? null : formatInstant(resolvedAt),
  };
}

export function alertRow(alert: AlertDescription): ViewRow {
  return {
    table: "alerts",
    id: alert.id,
    row: {
      kind: alert.kind,
      station_id: alert.stationId,
      session_id: alert.sessionId,
      status: alert.status,
      detail: alert.detail,
      opened_at: alert.openedAt,
      acknowledged_at: alert.acknowledgedAt,
      resolved_at: alert.resolvedAt,
    },
  };
}

/** What an answer of the station adds to a command. */
export type CommandResult = Pick<CommandDescription, "response" | "error" | "sessionId">;

export function describeCommand(
  context: ChargerContext,
  command: CommandRecord | FinishedCommand,
  now: number,
  result: CommandResult = {},
): CommandDescription {
  return {
    id: command.id,
    stationId: context.stationId,
    kind: command.kind,
    action: command.action,
    status: command.status,
    ...result,
    createdAt: formatInstant(command.createdAt),
    updatedAt: formatInstant(now),
  };
}

/** What an update leaves as it was, as `apply_views` does in schemas/sql. */
export function commandOver(before: ViewCells, row: ViewCells): ViewCells {
  const kept = ["response", "error", "calls", "session_id"].map((name) => [
    ...[name, row[name] ?? before[name] ?? null],
  ]);
  const { request, batch_id, created_at } = before;
  const action = row["calls"] === null ? before["action"] : row["action"];
  return { ...row, ...Object.fromEntries(kept), request, batch_id, created_at, action };
}

export function commandRow(
  command: CommandDescription,
  batchId: string | null,
  { request, calls }: { readonly request?: unknown; readonly calls?: unknown },
): ViewRow {
  const row = commandCells(command, batchId, { request, calls });
  return {
    ...{ table: "commands", id: command.id, row },
    over: (before) => commandOver(before, row),
  };
}

function commandCells(
  command: CommandDescription,
  batchId: string | null,
  { request, calls }: { readonly request?: unknown; readonly calls?: unknown },
): ViewCells {
  return {
    station_id: command.stationId,
    kind: command.kind,
    action: command.action,
    status: command.status,
    batch_id: batchId,
    // Written once, when the command is new: an update leaves the stored one as it is.
    request: request ?? {},
    calls: calls ?? null,
    response: command.response ?? null,
    error: command.error ?? null,
    session_id: command.sessionId ?? null,
    created_at: command.createdAt,
    updated_at: command.updatedAt,
  };
}
