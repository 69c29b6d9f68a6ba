/** What must hold after the restore of the runbook. */
import postgres, { type Sql } from "postgres";
import type { PlatformProcess } from "#loadtest/platform_process.ts";
import type { SessionView } from "#loadtest/platform_rest.ts";
import { openFactTail } from "#start/fact_tail.ts";
import { JUMP } from "#start/restored_state.ts";
import { waitUntil } from "#start/waiting.ts";
import { systemClock } from "#engine/adapters/system_clock.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import type { Part, RunbookFleet } from "./runbook_fleet.ts";

export interface Carried {
  readonly platform: PlatformProcess;
  readonly fleet: RunbookFleet;
  /** What the tasks said. */
  readonly restored: string;
  readonly asked: string;
  readonly closed: string;
}

/** Read models and the relay are some milliseconds behind. */
const patienceMs = 15_000;

/** Empty when all held. */
export async function runbookFindings(carried: Carried): Promise<readonly string[]> {
  const { platform, fleet, restored, asked, closed } = carried;
  const sql = postgres(platform.databaseUrl, { max: 1 });
  try {
    const sessions = await platform.rest.list<SessionView>("/api/v1/sessions");
    return [
      ...said("restore", restored, [
        /^lost: \d+ fact\.session\.started\.lost /m,
        /^lost: \d+ fact\.session\.ended\.lost /m,
        /^open: session \S+ of goesOn16 /m,
        /^open: session \S+ of goesOn2 /m,
        /^open: session \S+ of endsInLostTime /m,
        /, 3 sessions were open$/m,
      ]),
      ...said("open-sessions", asked, [/^3 sessions are open: 2 go on, 1 have ended, 0 cannot/m]),
      ...said("open-sessions --close", closed, [/; 1 stations were cleared$/m]),
      ...exactSessions(fleet, sessions),
      ...lostSession(fleet, sessions),
      ...await jumpedNumbers(sql),
      ...await factFindings(platform, sql),
    ];
  } finally {
    await sql.end({ timeout: 2 });
  }
}

function said(name: string, output: string, wanted: readonly RegExp[]): readonly string[] {
  return wanted.filter((pattern) => !pattern.test(output))
    .map((pattern) => `${name} did not say ${pattern}: ${output.slice(-2_000)}`);
}

function exactSessions(
  fleet: RunbookFleet,
  sessions: readonly SessionView[],
): readonly string[] {
  const parts: readonly Part[] = ["before", "goesOn16", "goesOn2", "after"];
  return parts.flatMap((part) => {
    const charger = fleet.charger(part);
    const truth = charger.transactions.at(-1);
    const own = sessions.filter((session) =>
      session.stationId === charger.identity && session.transactionId === truth?.wireId
    );
    const energyWh = (truth?.stopWh ?? 0) - (truth?.startWh ?? 0);
    const [found] = own;
    const isExact = own.length === 1 && found?.status === "closed" && found.energyWh === energyWh &&
      energyWh > 0;
    return isExact ? [] : [`${part}: ${JSON.stringify(own)}, in truth ${energyWh} Wh`];
  });
}

/** The platform forgot it, the station did not: its transaction id must not come again. */
function lostSession(fleet: RunbookFleet, sessions: readonly SessionView[]): readonly string[] {
  const [lost, after] = fleet.charger("lost").transactions;
  const stale = sessions.find(({ stationId }) => stationId === "endsInLostTime");
  return [
    ...(lost?.wireId === after?.wireId ? [`transaction ${lost?.wireId} was given out twice`] : []),
    ...(sessions.some(({ transactionId }) => transactionId === lost?.wireId)
      ? [`the lost transaction ${lost?.wireId} is there`]
      : []),
    ...(stale?.status === "closed" && stale.stopReason === "Stale"
      ? []
      : [`endsInLostTime: ${JSON.stringify(stale)}`]),
  ];
}

async function jumpedNumbers(sql: Sql): Promise<readonly string[]> {
  const [row] = await sql<{ low: string }[]>`
    SELECT count(*) AS low FROM shards
      WHERE epoch <= ${JUMP}::bigint OR last_seq < ${JUMP}::bigint`;
  return row?.low === "0" ? [] : [`${row?.low} shards have not jumped`];
}

/** Every fact of a journal row that was written after the restore is in the stream once. */
async function factFindings(platform: PlatformProcess, sql: Sql): Promise<readonly string[]> {
  const rows = await sql<{ shard: number; seq: string; facts: string }[]>`
    SELECT shard, seq, facts FROM journal WHERE seq > ${JUMP}::bigint AND facts IS NOT NULL`;
  const wanted = rows.map(({ shard, seq, facts }) =>
    `${shard}:${seq} x${(JSON.parse(facts) as readonly unknown[]).length}`
  ).sort();
  let streamed: readonly string[] = [];
  await waitUntil(async () => {
    streamed = await streamedFacts(platform);
    return streamed.length >= wanted.length;
  }, { timeoutMs: patienceMs, everyMs: 500 });
  const isSame = JSON.stringify(streamed) === JSON.stringify(wanted);
  if (rows.length > 0 && isSame) return [];
  return [`facts after the restore: ${streamed.join(" ")}, in the journal ${wanted.join(" ")}`];
}

async function streamedFacts({ natsUrl }: PlatformProcess): Promise<readonly string[]> {
  const telemetry = silentTelemetry(systemClock());
  const tail = await openFactTail({ natsUrl, after: 0, telemetry });
  try {
    const counts = new Map<string, number>();
    for await (const { shard, seq } of tail.facts()) {
      if (seq <= JUMP) continue;
      counts.set(`${shard}:${seq}`, (counts.get(`${shard}:${seq}`) ?? 0) + 1);
    }
    return [...counts].map(([row, count]) => `${row} x${count}`).sort();
  } finally {
    await tail.close();
  }
}
