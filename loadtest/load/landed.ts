import type { PlatformRest, SessionView } from "../platform_rest.ts";
import type { Landed } from "./report.ts";
import type { Truth } from "./stage.ts";

/** Whether what was answered can be read back: by REST, as any client would. */

/** Read models follow within a second of the answer; a loaded machine gets some more. */
const PATIENCE_MS = 15_000;
const RETRY_MS = 500;
/** Sessions whose meter values are counted one by one. */
const SESSIONS_COUNTED = 20;
/** Sampled values of one MeterValues of the load scripts. */
const VALUES_PER_MESSAGE = 3;

/** Asks again until the figure is there or patience ends; returns the last figure. */
async function awaited(expected: number, count: () => Promise<number>): Promise<number> {
  const endsAtMs = performance.now() + PATIENCE_MS;
  let found = await count();
  while (found !== expected && performance.now() < endsAtMs) {
    // deno-lint-ignore no-await-in-loop -- polling
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    // deno-lint-ignore no-await-in-loop
    found = await count();
  }
  return found;
}

/** Sessions of a run, since `from` (RFC 3339), that are closed. */
export async function landedSessions(
  rest: PlatformRest,
  from: string,
  expected: number,
): Promise<readonly Landed[]> {
  const found = await awaited(expected, async () => (await closedSessions(rest, from)).length);
  return [{ what: "whole sessions", expected, found }];
}

/** Sessions that must be closed with exactly this energy. */
export async function landedEnergies(
  rest: PlatformRest,
  from: string,
  truths: readonly Truth[],
): Promise<{ readonly landed: Landed; readonly sessions: ReadonlyMap<string, SessionView> }> {
  const sessions = new Map<string, SessionView>();
  const found = await awaited(truths.length, async () => {
    for (const session of await closedSessions(rest, from)) sessions.set(keyOf(session), session);
    return truths.filter((truth) => sessions.get(keyOf(truth))?.energyWh === truth.energyWh).length;
  });
  const what = "sessions with their exact energy";
  return { landed: { what, expected: truths.length, found }, sessions };
}

/** Sessions of a meter run: all closed with the right energy, and for some every meter value. */
export async function landedMeterValues(
  rest: PlatformRest,
  from: string,
  truths: readonly Truth[],
): Promise<readonly Landed[]> {
  const { landed, sessions } = await landedEnergies(rest, from, truths);
  const counted = truths.slice(0, SESSIONS_COUNTED);
  const expected = counted.reduce((sum, truth) => sum + truth.meterMessages, 0) *
    VALUES_PER_MESSAGE;
  const ids = counted.map((truth) => sessions.get(keyOf(truth))?.id);
  const found = await awaited(expected, async () => {
    const counts = ids.map((id) => id === undefined ? 0 : valuesOf(rest, id));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  });
  return [landed, { what: `meter values of ${counted.length} sessions`, expected, found }];
}

function keyOf(session: { stationId: string; transactionId: string } | Truth): string {
  const station = "stationId" in session ? session.stationId : session.identity;
  return `${station}/${session.transactionId}`;
}

async function closedSessions(rest: PlatformRest, from: string): Promise<readonly SessionView[]> {
  const query = `status=closed&from=${encodeURIComponent(from)}`;
  const sessions = await rest.list<SessionView>("/api/v1/sessions", query);
  return sessions.filter((session) => session.stationId.startsWith("LOAD-"));
}

async function valuesOf(rest: PlatformRest, sessionId: string): Promise<number> {
  const path = `/api/v1/sessions/${encodeURIComponent(sessionId)}/meter-values`;
  const values = await rest.list<{ readonly context: string }>(path);
  // The start and stop readings of the transaction are no meter messages.
  return values.filter((value) => value.context === "Sample.Periodic").length;
}
