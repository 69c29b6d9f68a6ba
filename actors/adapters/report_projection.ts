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
    for (const entry of entries) {
      const message = reportOf(entry);
      const rules = message === undefined ? undefined : reportRules.get(message.action);
      if (message === undefined || rules === undefined) continue;
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

function reportOf(
  { actor, header, body, at, shard, seq }: JournalEntry,
): ReportedMessage | undefined {
  const { tenant, kind, key } = parseAddress(actor);
  if (kind !== "charger" || header === null || body === null) return undefined;
  const { type, protocol, action } = JSON.parse(header) as Partial<OcppCallHeader>;
  const payload: unknown = JSON.parse(body);
  if (type !== "ocpp.call" || protocol === undefined || action === undefined) return undefined;
  if (!isObject(payload)) return undefined;
  const stationId = stationOfKey(key);
  return { tenant, stationId, stationKey: key, protocol, action, payload, at, shard, seq };
}

/** SQLSTATE 22 and 23, or a payload that is not what its rule takes it for: it will be so again. */
function isOfMessage(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return true;
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : null;
  return typeof code === "string" && /^2[23]/.test(code);
}
