/** What stations report, taken from the journal to their items: never before the answer. */
import type { JournalTransaction } from "#engine/adapters/postgres_journal.ts";
import type { JournalEntry } from "#engine/ports/journal.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import { parseAddress, stationOfKey } from "#schemas/address.ts";
import { isObject } from "#schemas/command.ts";
import type { OcppCallHeader } from "#schemas/events/gateway.ts";
import type { ReportedMessage } from "../ports/item_store.ts";
import { postgresItemStore } from "./postgres_item_store.ts";
import { reportRules } from "./reports/mod.ts";

/** Types of journal rows that may be reports. */
export const reportedTypes = ["Notice"] as const;

/**
 * Runs the rules of every message, in the transaction that moves the cursor. A message that the
 * database refuses, or that a rule cannot read, is left out and counted: it stays in the journal.
 */
export function reportProjection(
  telemetry: Telemetry,
): (entries: readonly JournalEntry[], handle: JournalTransaction) => Promise<void> {
  const refused = telemetry.counter(
    "statewatt_reports_refused_total",
    "Messages of stations that could not be taken into their items",
    ["action"],
  );
  return async (entries, handle) => {
    const messages = entries.map(reportOf).filter((message) => message !== undefined);
    for (const message of await ofKnownStations(messages, handle)) {
      const rules = reportRules.get(message.action) ?? [];
      try {
        // deno-lint-ignore no-await-in-loop -- a report builds on the ones before it.
        await handle.savepoint(async (part) => {
          const store = postgresItemStore(part, message);
          // deno-lint-ignore no-await-in-loop -- as above.
          for (const rule of rules) await rule(message, store);
        });
      } catch (error) {
        if (!isOfMessage(error)) throw error;
        refused.with(message.action).add();
        const { stationId, action } = message;
        telemetry.log("warn", "a report was left out", {
          ...{ station: stationId, action, error: String(error) },
        });
      }
    }
  };
}

/** Of a station that was removed meanwhile nothing is kept: another may get its id. */
async function ofKnownStations(
  messages: readonly ReportedMessage[],
  handle: JournalTransaction,
): Promise<readonly ReportedMessage[]> {
  const named = new Map(messages.map(({ tenant, stationId }) => [
    nameOf({ tenant, id: stationId }),
    { tenant, id: stationId },
  ]));
  if (named.size === 0) return [];
  const rows = await handle<{ tenant: string; id: string }[]>`
    SELECT s.tenant, s.id FROM stations s
      JOIN json_to_recordset(${JSON.stringify([...named.values()])}::text::json)
        AS r(tenant text, id text) ON r.tenant = s.tenant AND r.id = s.id`;
  const known = new Set(rows.map(nameOf));
  return messages.filter(({ tenant, stationId }) => known.has(nameOf({ tenant, id: stationId })));
}

function nameOf({ tenant, id }: { readonly tenant: string; readonly id: string }): string {
  return JSON.stringify([tenant, id]);
}

/** What a rule is for; undefined = nothing follows from it. */
function reportOf(
  { actor, header, body, at, shard, seq }: JournalEntry,
): ReportedMessage | undefined {
  const { tenant, kind, key } = parseAddress(actor);
  if (kind !== "charger" || header === null || body === null) return undefined;
  const { type, protocol, action } = JSON.parse(header) as Partial<OcppCallHeader>;
  if (type !== "ocpp.call" || protocol === undefined || action === undefined) return undefined;
  if (!reportRules.has(action)) return undefined;
  const payload: unknown = JSON.parse(body);
  if (!isObject(payload)) return undefined;
  const stationId = stationOfKey(key);
  return { tenant, stationId, stationKey: key, protocol, action, payload, at, shard, seq };
}

/**
 * SQLSTATE classes 21, 22, 23 and 54 are the data's fault, as is a payload that is not what its
 * rule takes it for: it will be so again.
 */
function isOfMessage(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return true;
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : null;
  return typeof code === "string" && /^(2[123]|54)/.test(code);
}
