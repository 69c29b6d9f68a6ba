/** Monitors that stations report, and the events that these tell of (OCPP 2.0.1 Part 2, N). */
import type {
  ItemStore,
  ReportedEvent,
  ReportedMessage,
  ReportRule,
} from "#actors/ports/item_store.ts";
import { isObject } from "#schemas/command.ts";
import { attributeIn } from "#schemas/device_variable.ts";
import { parseInstant } from "#schemas/instant.ts";
import { isConnectorStatus } from "#schemas/ocpp201/notify_event.ts";
import type { StationItem } from "#schemas/station_items.ts";
import { collectPart, dropOldParts } from "./report_parts.ts";

const FAMILY = "NotifyMonitoringReport";
const MONITORS_MAX = 5_000;
/** Of so many monitors the severity is known to the rule that opens alerts: the serious ones. */
const SEVERITIES_MAX = 300;

type Body = Readonly<Record<string, unknown>>;

export const monitoringReports: Readonly<Record<string, ReportRule>> = {
  NotifyMonitoringReport: async (message, store) => {
    const { requestId, seqNo, tbc, monitor } = message.payload;
    if (typeof requestId !== "number") return;
    const number = typeof seqNo === "number" ? seqNo : null;
    if (number === null || number === 0) await dropOldParts(message, store, FAMILY);
    const parts = await collectPart(message, store, {
      ...{ family: FAMILY, requestId, seqNo: number, tbc: tbc === true },
      content: { monitor: Array.isArray(monitor) ? monitor : [] },
    });
    if (parts === undefined) return;
    const data = parts.flatMap(({ monitor: entries }) => Array.isArray(entries) ? entries : []);
    await keepReport(message, store, { requestId, data });
  },
  NotifyEvent: async (message, store) => {
    const { eventData } = message.payload;
    const data = (Array.isArray(eventData) ? eventData : []).filter(isObject)
      .filter((datum) => !isConnectorStatus(datum));
    if (data.length === 0) return;
    const ids = data.flatMap(({ variableMonitoringId: id }) =>
      typeof id === "number" ? [String(id)] : []
    );
    const monitors = ids.length === 0 ? [] : [
      ...await store.find("reported-monitor", ids),
      ...await store.find("monitor", ids),
    ];
    await store.addEvents(data.flatMap((datum) => eventOf(datum, monitors, message)));
  },
};

async function keepReport(
  { at }: ReportedMessage,
  store: ItemStore,
  { requestId, data }: { readonly requestId: number; readonly data: readonly unknown[] },
): Promise<void> {
  const said = new Map((await store.read("monitoring")).map(({ key, body }) => [key, body]));
  const cleared = clearedAfter(said.get("cleared"), at);
  const monitors = data.flatMap((entry) => monitorsIn(entry, at))
    .filter(({ key }) => !cleared.has(key)).slice(0, MONITORS_MAX);
  const asked = said.get("asked");
  const isWhole = asked?.["requestId"] === requestId && asked["isWhole"] === true;
  const before = await store.read("reported-monitor");
  const keys = new Set(monitors.map(({ key }) => key));
  const left = before.filter(({ key }) => !isWhole && !keys.has(key));
  // A whole report takes the place of everything reported before.
  if (isWhole) await store.remove("reported-monitor", "");
  await store.put(monitors);
  const wholeAt = isWhole ? at : said.get("reported")?.["at"];
  const body = {
    of: severitiesOf([...left, ...monitors]),
    ...(wholeAt === undefined ? {} : { isWhole: true, at: wholeAt }),
  };
  await store.put([{ block: "monitoring", key: "reported", body }]);
}

/** Removed when this report was under way already. */
function clearedAfter(body: Body | undefined, at: number): ReadonlySet<string> {
  const ids = Array.isArray(body?.["ids"]) ? body["ids"] : [];
  return new Set(
    ids.flatMap((entry: unknown) =>
      isObject(entry) && Number(entry["at"]) >= at ? [String(entry["id"])] : []
    ),
  );
}

function monitorsIn(entry: unknown, at: number): readonly StationItem[] {
  const named = attributeIn(entry);
  if (named === undefined || !isObject(entry)) return [];
  const { attribute: _, ...name } = named;
  const list = Array.isArray(entry["variableMonitoring"]) ? entry["variableMonitoring"] : [];
  return list.filter(isObject).filter(({ id }) => typeof id === "number").map((monitor) => {
    const { id, type, value, severity, transaction } = monitor;
    const body = { id, ...name, type, value, severity, transaction: transaction === true, at };
    return { block: "reported-monitor", key: String(id), body };
  });
}

function severitiesOf(monitors: readonly StationItem[]): Readonly<Record<string, unknown>> {
  const serious = monitors.toSorted((one, other) =>
    Number(one.body["severity"]) - Number(other.body["severity"])
  ).slice(0, SEVERITIES_MAX);
  return Object.fromEntries(serious.map(({ key, body }) => [key, body["severity"]]));
}

function eventOf(
  datum: Body,
  monitors: readonly StationItem[],
  { at }: ReportedMessage,
): readonly ReportedEvent[] {
  const named = attributeIn(datum);
  if (named === undefined) return [];
  const { attribute: _, ...name } = named;
  const { variableMonitoringId: monitorId } = datum;
  const monitor = monitors.findLast(({ key }) => key === String(monitorId))?.body;
  const { eventId, trigger, cause, actualValue, techCode, techInfo, cleared } = datum;
  const { transactionId, eventNotificationType } = datum;
  return [{
    kind: "monitor",
    at: parseInstant(datum["timestamp"]) ?? at,
    body: {
      ...{ eventId, trigger, cause, actualValue, techCode, techInfo, transactionId },
      cleared: cleared === true,
      eventNotificationType,
      ...name,
      ...(typeof monitorId === "number" ? { monitorId } : {}),
      severity: datum["severity"] ?? monitor?.["severity"] ?? null,
      monitor: monitor === undefined ? null : { type: monitor["type"], value: monitor["value"] },
    },
  }];
}
