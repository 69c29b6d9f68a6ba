/** Variables that stations report (OCPP 2.0.1 Part 2, B07 and B08). */
import { reportedVariables } from "#actors/domain/device_model.ts";
import type { ItemStore, ReportedMessage, ReportRule } from "#actors/ports/item_store.ts";
import { nameIn } from "#schemas/device_variable.ts";
import { isLimit, limitItem } from "#schemas/station_limits.ts";
import type { StationItem } from "#schemas/station_items.ts";
import { collectPart, dropOldParts } from "./report_parts.ts";

const FAMILY = "NotifyReport";
/** The largest inventories known have some thousands. */
const VARIABLES_MAX = 20_000;

export const deviceModelReports: Readonly<Record<string, ReportRule>> = {
  NotifyReport: async (message, store) => {
    const { requestId, seqNo, tbc, reportData } = message.payload;
    if (typeof requestId !== "number") return;
    const number = typeof seqNo === "number" ? seqNo : null;
    if (number === null || number === 0) await dropOldParts(message, store, FAMILY);
    const parts = await collectPart(message, store, {
      ...{ family: FAMILY, requestId, seqNo: number, tbc: tbc === true },
      content: { reportData: Array.isArray(reportData) ? reportData : [] },
    });
    if (parts === undefined) return;
    const data = parts.flatMap(({ reportData: entries }) => Array.isArray(entries) ? entries : []);
    await keepReport(message, store, { requestId, data });
  },
};

async function keepReport(
  { at }: ReportedMessage,
  store: ItemStore,
  { requestId, data }: { readonly requestId: number; readonly data: readonly unknown[] },
): Promise<void> {
  const variables = reportedVariables(data, at).slice(0, VARIABLES_MAX);
  const asked = (await store.read("inventory", "asked"))[0]?.body;
  const base = asked?.["requestId"] === requestId ? asked["base"] : undefined;
  const isWhole = base === "FullInventory";
  if (isWhole) await dropUnnamed(store, variables);
  await store.put([...variables, ...limitsIn(variables, at)]);
  const body = { requestId, base: base ?? null, isWhole, at, count: variables.length };
  // What was whole stays so until the next whole one: a choice of variables says nothing of others.
  const report: StationItem = { block: "inventory", key: isWhole ? "report" : "choice", body };
  await store.put([report]);
}

/** A whole inventory takes the place of everything reported before. */
async function dropUnnamed(store: ItemStore, named: readonly StationItem[]): Promise<void> {
  const keys = new Set(named.map(({ key }) => key));
  const before = await store.read("variable");
  const gone = before.filter(({ key }) => !keys.has(key)).map(({ key }) => key);
  if (gone.length > 0) await store.drop("variable", gone);
}

function limitsIn(variables: readonly StationItem[], at: number): readonly StationItem[] {
  return variables.flatMap(({ body }) => {
    const named = nameIn(body);
    if (named === undefined) return [];
    const { attribute, ...name } = named;
    const { value } = body;
    if (typeof value !== "string" || attribute !== "Actual" || !isLimit(name)) return [];
    return [limitItem(name, { value, at, source: "report" })];
  });
}
