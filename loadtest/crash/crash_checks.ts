import postgres from "postgres";
import { parseAddress, stationOfKey } from "#schemas/address.ts";
import type { PlatformRest, SessionView } from "../platform_rest.ts";
import type { VirtualCharger } from "../virtual_charger.ts";
import type { Acknowledged } from "./crash_fleet.ts";

/** What must hold after any crash. Each check gives its findings; none = it holds. */

/** Answers that a charger relies on: it forgets the message when it has them. */
const durableActions: ReadonlySet<string> = new Set([
  "StartTransaction",
  "StopTransaction",
  "MeterValues",
  "TransactionEvent",
]);
const PATIENCE_MS = 20_000;
const RETRY_MS = 500;

export function isDurable(entry: Acknowledged): boolean {
  return durableActions.has(entry.action);
}

/**
 * Every acknowledged transaction message must have its journal row. The answer to a repeat may rest
 * on the row of an earlier attempt.
 */
export async function lostMessages(
  databaseUrl: string,
  acknowledged: readonly Acknowledged[],
): Promise<readonly string[]> {
  const journalled = await journalledMessages(databaseUrl);
  const isJournalled = ({ stationId, messageId, earlierIds }: Acknowledged): boolean =>
    [messageId, ...earlierIds].some((id) => journalled.has(`${stationId} ${id}`));
  return acknowledged
    .filter((entry) => isDurable(entry) && !isJournalled(entry))
    .map((entry) => `${entry.stationId} ${entry.action} ${entry.messageId}`);
}

async function journalledMessages(databaseUrl: string): Promise<ReadonlySet<string>> {
  const sql = postgres(databaseUrl, { max: 1 });
  const found = new Set<string>();
  try {
    const rows = sql<{ actor: string; message_id: string }[]>`
      SELECT actor, header::json->>'messageId' AS message_id FROM journal
      WHERE header::json->>'messageId' IS NOT NULL`.cursor(5_000);
    for await (const page of rows) {
      for (const { actor, message_id: messageId } of page) {
        found.add(`${stationOfKey(parseAddress(actor).key)} ${messageId}`);
      }
    }
  } finally {
    await sql.end();
  }
  return found;
}

/**
 * Each transaction of each charger is one closed session with its energy, reason and times; no
 * other is.
 */
export async function wrongSessions(
  rest: PlatformRest,
  chargers: readonly VirtualCharger[],
): Promise<readonly string[]> {
  const endsAtMs = performance.now() + PATIENCE_MS;
  let findings = await sessionFindings(rest, chargers);
  while (findings.length > 0 && performance.now() < endsAtMs) {
    // deno-lint-ignore no-await-in-loop -- read models may follow a second later
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    // deno-lint-ignore no-await-in-loop
    findings = await sessionFindings(rest, chargers);
  }
  return findings;
}

async function sessionFindings(
  rest: PlatformRest,
  chargers: readonly VirtualCharger[],
): Promise<readonly string[]> {
  const sessions = await rest.list<SessionView>("/api/v1/sessions");
  const byStation = new Map<string, SessionView[]>();
  for (const session of sessions) {
    byStation.set(session.stationId, [...(byStation.get(session.stationId) ?? []), session]);
  }
  return chargers.flatMap((charger) =>
    stationFindings(charger, byStation.get(charger.identity) ?? [])
  );
}

function stationFindings(
  charger: VirtualCharger,
  sessions: readonly SessionView[],
): readonly string[] {
  const findings: string[] = [];
  if (sessions.length !== charger.transactions.length) {
    findings.push(
      `${charger.identity}: ${sessions.length} sessions for ${charger.transactions.length} ` +
        "transactions",
    );
  }
  for (const truth of charger.transactions) {
    const own = sessions.filter((session) => session.transactionId === truth.wireId);
    const [session] = own;
    if (session === undefined || own.length !== 1) {
      findings.push(`${charger.identity}: transaction ${truth.wireId} has ${own.length} sessions`);
      continue;
    }
    const expected = {
      status: "closed",
      energyWh: (truth.stopWh ?? 0) - truth.startWh,
      stopReason: truth.reason,
      startedAt: truth.startedAt,
      endedAt: truth.endedAt,
    };
    const found = {
      status: session.status,
      energyWh: session.energyWh,
      stopReason: session.stopReason,
      startedAt: Date.parse(session.startedAt),
      endedAt: Date.parse(session.endedAt ?? ""),
    };
    if (JSON.stringify(expected) !== JSON.stringify(found)) {
      findings.push(
        `${charger.identity} ${truth.wireId}: ${JSON.stringify(found)}, ` +
          `in truth ${JSON.stringify(expected)}`,
      );
    }
  }
  return findings;
}

/** Total energy, as the chargers' meters counted it. */
export function trueEnergyWh(chargers: readonly VirtualCharger[]): number {
  return chargers.flatMap((charger) => charger.transactions)
    .reduce((sum, truth) => sum + (truth.stopWh ?? 0) - truth.startWh, 0);
}
