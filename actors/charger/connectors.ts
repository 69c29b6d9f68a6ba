/** Connector states as the station sends them (rules S1, S2, S4). */
import { keepNewest } from "#actors/turn.ts";
import { isNewer } from "#actors/domain/connector_status.ts";
import type { StatusNotification } from "#schemas/events/station.ts";
import { openAlert, settleAlert } from "./alerts.ts";
import { isClockNews, judgeClock } from "./clock.ts";
import type { ChargerContext, ConnectorRecord, OpenSession } from "./context.ts";
import { rule, type Turn } from "./turn.ts";
import { announceStation } from "./announcements.ts";

/** Connectors of one station; the largest depot cabinets have a few dozen. */
const CONNECTORS_MAX = 64;
const faulted = "Faulted";

/** News of connectors. A report that is older than the one we have says nothing (rule S4). */
export const noteStatus = rule(["StatusNotification", "StatusReports"], (turn, event) => {
  turn.set({ lastSeenAt: turn.now });
  turn.reply({});
  noteReports(turn, event.type === "StatusReports" ? event.reports : [event]);
});

export function noteReports(turn: Turn, reports: readonly StatusNotification[]): void {
  for (const report of reports) noteReport(turn, report);
  if (turn.isStationChanged) announceStation(turn, "charger.statusChanged");
}

function noteReport(turn: Turn, report: StatusNotification): void {
  const { context } = turn;
  if (report.at !== null) judgeClock(turn, report.at, false);
  if (isStale(context, report, turn.now) || isRepeat(context, report)) return;
  const { evseId, connectorId, status, errorCode } = report;
  const record: ConnectorRecord = {
    evseId,
    connectorId,
    status,
    errorCode,
    stationAt: report.at,
    reportedAt: report.at ?? turn.now,
  };
  const known = findConnector(context, report);
  turn.show({
    connectors: known === undefined
      ? keepNewest(context.connectors, record, CONNECTORS_MAX)
      : context.connectors.map((other) => other === known ? record : other),
  });
  watchFaults(turn, report);
  for (const session of sessionsAt(turn.context, evseId, connectorId)) {
    turn.forwardTo(session.n, { type: "connector.status", status, at: record.reportedAt });
  }
}

/** Whether a report needs a step. */
export function isStatusNews(
  context: ChargerContext,
  report: StatusNotification,
  now: number,
): boolean {
  if (report.at !== null && isClockNews(context, report.at, now)) return true;
  return !isStale(context, report, now) && !isRepeat(context, report);
}

/**
 * Once a clock that was ahead is set right, all it says looks old: what lies ahead of us orders
 * nothing.
 */
function isStale(context: ChargerContext, event: StatusNotification, now: number): boolean {
  const knownAt = findConnector(context, event)?.stationAt ?? null;
  return knownAt !== null && knownAt <= now && !isNewer(event.at, knownAt);
}

/** The same again: stations repeat statuses at every boot and reconnection. */
function isRepeat(context: ChargerContext, event: StatusNotification): boolean {
  const known = findConnector(context, event);
  return known !== undefined && known.status === event.status &&
    known.errorCode === event.errorCode;
}

/** Open sessions of a connector; one whose connector is not known counts for its EVSE. */
export function sessionsAt(
  context: ChargerContext,
  evseId: number | null,
  connectorId: number | null,
): readonly OpenSession[] {
  if (evseId === null) return [];
  return context.open.filter((session) =>
    session.evseId === evseId &&
    (session.connectorId === null || connectorId === null || session.connectorId === connectorId)
  );
}

function findConnector(
  context: ChargerContext,
  { evseId, connectorId }: Pick<StatusNotification, "evseId" | "connectorId">,
): ConnectorRecord | undefined {
  return context.connectors.find((known) =>
    known.evseId === evseId && known.connectorId === connectorId
  );
}

function watchFaults(turn: Turn, event: StatusNotification): void {
  if (event.status === faulted) {
    const reasons = [event.errorCode, event.info].filter((text) => text !== null && text !== "");
    const place = `EVSE ${event.evseId}, connector ${event.connectorId}`;
    openAlert(turn, "faulted", [place, ...reasons].join(": "));
    return;
  }
  const isAnyFaulted = turn.context.connectors.some(({ status }) => status === faulted);
  if (!isAnyFaulted) settleAlert(turn, "faulted");
}
