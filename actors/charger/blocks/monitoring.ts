/**
 * Monitors and the events that they tell of (OCPP 2.0.1 Part 2, N). A monitor is known by the
 * number that the station gives it; what stations report of monitors is another block's item. Items
 * of the block `monitoring`: `severities` of monitors that we set, `alerting` what is out of bounds
 * now, `cleared` the newest that were removed; `asked`, `none`, `level`, `base`: said last.
 */
import { isObject } from "#schemas/command.ts";
import { attributeIn, spokenName, variableKey } from "#schemas/device_variable.ts";
import { statusReportsOf } from "#schemas/ocpp201/notify_event.ts";
import type { StationItem } from "#schemas/station_items.ts";
import { openAlert, settleAlert } from "../alerts.ts";
import { noteReports } from "../connectors.ts";
import type { Turn } from "../turn.ts";
import { defineBlock, type Exchange, type HeardNotice, type SentCall } from "./block.ts";

/** Events of this severity and below want a person (OCPP 2.0.1 Part 2, SetMonitoringDataType). */
export const ALERT_SEVERITY_MAX = 3;
const SEVERITIES_MAX = 300;
const CLEARED_MAX = 64;
const ALERTING_MAX = 40;

type Body = Readonly<Record<string, unknown>>;

export const monitoring = defineBlock({
  name: "monitoring",
  calls: {
    GetMonitoringReport: { sent: noteAsked, ended: noteAnswer },
    SetVariableMonitoring: { reads: ["monitoring"], ended: noteSet },
    ClearVariableMonitoring: { reads: ["monitoring"], ended: noteCleared },
    SetMonitoringLevel: { ended: noteWord("level", "severity") },
    SetMonitoringBase: { ended: noteWord("base", "monitoringBase") },
  },
  notices: { NotifyEvent: { reads: ["monitoring"], heard: noteEvents } },
});

function isOfAll({ monitoringCriteria, componentVariable }: Body): boolean {
  return monitoringCriteria === undefined && componentVariable === undefined;
}

/** The projection reads whether the report tells of all monitors. */
function noteAsked(turn: Turn, { payload }: SentCall): void {
  const { requestId } = payload;
  turn.keepItem("monitoring", "asked", { requestId, isWhole: isOfAll(payload), at: turn.now });
}

function noteAnswer(turn: Turn, { outcome, payload, response }: Exchange): void {
  const isEmpty = outcome === "answered" && response["status"] === "EmptyResultSet";
  if (isEmpty && payload["requestId"] !== undefined && isOfAll(payload)) {
    turn.keepItem("monitoring", "none", { at: turn.now });
  }
}

function noteWord(key: string, field: string): (turn: Turn, exchange: Exchange) => void {
  return (turn, { outcome, payload, response }) => {
    if (outcome !== "answered" || response["status"] !== "Accepted") return;
    turn.keepItem("monitoring", key, { value: payload[field], at: turn.now });
  };
}

/** Results come in the order of the request; a station that changes it is read by name. */
function noteSet(turn: Turn, exchange: Exchange, items: readonly StationItem[]): void {
  const { setMonitoringResult: results } = exchange.response;
  const { setMonitoringData: data } = exchange.payload;
  if (!Array.isArray(results) || !Array.isArray(data)) return;
  let severities = severitiesIn(items, "severities");
  const accepted: number[] = [];
  for (const [index, result] of results.entries()) {
    const name = attributeIn(result);
    const id = isObject(result) ? result["id"] : undefined;
    if (!isObject(result) || result["status"] !== "Accepted") continue;
    if (name === undefined || typeof id !== "number") continue;
    const request = askedOf(data, index, result);
    const { attribute: _, ...variable } = name;
    const severity = Number(result["severity"] ?? request["severity"]);
    turn.keepItem("monitor", String(id), {
      ...{ id, ...variable, type: result["type"], value: request["value"] ?? null, severity },
      transaction: request["transaction"] === true,
      at: turn.now,
    });
    severities = newest({ ...severities, [id]: severity }, SEVERITIES_MAX);
    accepted.push(id);
  }
  if (accepted.length === 0) return;
  turn.keepItem("monitoring", "severities", { of: severities });
  keepCleared(turn, clearedIn(items).filter((entry) => !accepted.includes(entry.id)));
}

function askedOf(data: readonly unknown[], index: number, result: Body): Body {
  const isSame = (entry: unknown): entry is Body => {
    const [one, other] = [attributeIn(entry), attributeIn(result)];
    return isObject(entry) && one !== undefined && other !== undefined &&
      variableKey(one) === variableKey(other) && entry["type"] === result["type"];
  };
  const inOrder = data[index];
  return isSame(inOrder) ? inOrder : data.find(isSame) ?? {};
}

/** One that the station does not know is gone as well. */
function noteCleared(turn: Turn, { response }: Exchange, items: readonly StationItem[]): void {
  const { clearMonitoringResult: results } = response;
  const ids = (Array.isArray(results) ? results : []).flatMap((result: unknown) => {
    if (!isObject(result) || typeof result["id"] !== "number") return [];
    const isGone = result["status"] === "Accepted" || result["status"] === "NotFound";
    return isGone ? [result["id"]] : [];
  });
  if (ids.length === 0) return;
  for (const id of ids) {
    turn.keepItem("monitor", String(id), null);
    turn.keepItem("reported-monitor", String(id), null);
  }
  const others = clearedIn(items).filter((entry) => !ids.includes(entry.id));
  keepCleared(turn, [...others, ...ids.map((id) => ({ id, at: turn.now }))]);
  const left = Object.entries(severitiesIn(items, "severities"))
    .filter(([id]) => !ids.includes(Number(id)));
  turn.keepItem("monitoring", "severities", { of: Object.fromEntries(left) });
  const alerting = alertingIn(items);
  keepAlerting(turn, alerting, alerting.filter((key) => !ids.some((id) => key === `#${id}`)));
}

function keepCleared(
  turn: Turn,
  ids: readonly { readonly id: number; readonly at: number }[],
): void {
  turn.keepItem("monitoring", "cleared", { ids: ids.slice(-CLEARED_MAX) });
}

/** Events that want a person are an alert until the last of them is cleared. */
function noteEvents(turn: Turn, notice: HeardNotice, items: readonly StationItem[]): unknown {
  const { payload } = notice;
  const reports = statusReportsOf(payload);
  if (reports.length > 0) noteReports(turn, reports);
  const { eventData } = payload;
  const before = alertingIn(items);
  let alerting = before;
  let detail = "";
  for (const datum of Array.isArray(eventData) ? eventData : []) {
    const name = attributeIn(datum);
    if (!isObject(datum) || name === undefined) continue;
    const id = datum["variableMonitoringId"];
    const key = typeof id === "number" ? `#${id}` : variableKey(name);
    if (datum["cleared"] === true) alerting = alerting.filter((other) => other !== key);
    else if (wantsPerson(datum, items)) {
      alerting = [...alerting.filter((other) => other !== key), key].slice(-ALERTING_MAX);
      detail = `${spokenName(name)}: ${textOf(datum)}`;
    }
  }
  if (detail !== "") openAlert(turn, "stationEvent", detail);
  keepAlerting(turn, before, alerting);
  return {};
}

function wantsPerson(datum: Body, items: readonly StationItem[]): boolean {
  if (datum["trigger"] === "Periodic") return false;
  // 2.1 says it with the event; 2.0.1 only of the monitor.
  const id = String(datum["variableMonitoringId"]);
  const severity = datum["severity"] ?? severitiesIn(items, "severities")[id] ??
    severitiesIn(items, "reported")[id];
  return typeof severity === "number" && severity <= ALERT_SEVERITY_MAX;
}

function textOf({ actualValue, techInfo, techCode }: Body): string {
  const texts = [actualValue, techCode, techInfo].filter((text) =>
    typeof text === "string" && text !== ""
  );
  return texts.length === 0 ? "no value" : texts.join(", ");
}

function keepAlerting(turn: Turn, before: readonly string[], alerting: readonly string[]): void {
  const isSame = before.length === alerting.length &&
    before.every((key, index) => key === alerting[index]);
  if (isSame) return;
  turn.keepItem("monitoring", "alerting", { keys: alerting });
  if (alerting.length === 0) settleAlert(turn, "stationEvent");
}

function bodyOf(items: readonly StationItem[], key: string): Body {
  return items.find((item) => item.block === "monitoring" && item.key === key)?.body ?? {};
}

function severitiesIn(
  items: readonly StationItem[],
  key: "severities" | "reported",
): Readonly<Record<string, unknown>> {
  const { of } = bodyOf(items, key);
  return isObject(of) ? of : {};
}

function clearedIn(
  items: readonly StationItem[],
): readonly { readonly id: number; readonly at: number }[] {
  const { ids } = bodyOf(items, "cleared");
  return (Array.isArray(ids) ? ids : []).flatMap((entry: unknown) =>
    isObject(entry) && typeof entry["id"] === "number" && typeof entry["at"] === "number"
      ? [{ id: entry["id"], at: entry["at"] }]
      : []
  );
}

function alertingIn(items: readonly StationItem[]): readonly string[] {
  const { keys } = bodyOf(items, "alerting");
  return (Array.isArray(keys) ? keys : []).filter((key) => typeof key === "string");
}

/** The entries with the highest numbers: stations count upwards. */
function newest(entries: Body, limit: number): Body {
  const sorted = Object.entries(entries).sort(([one], [other]) => Number(one) - Number(other));
  return Object.fromEntries(sorted.slice(-limit));
}
