import postgres from "postgres";
import { connectNats } from "#engine/adapters/nats_connection.ts";
import { NatsFacts } from "#engine/adapters/nats_facts.ts";
import { systemClock } from "#engine/adapters/system_clock.ts";
import type { FactKey } from "#engine/ports/facts.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import { waitUntil } from "#start/waiting.ts";
import type { ChaosStage } from "./stage.ts";

/** What must hold in a cluster after any fault. Each check gives its findings; none = it holds. */

const PATIENCE_MS = 30_000;

/**
 * Each shard is owned by one living worker in the table, and one process listens for it on the bus.
 */
export async function wronglyOwned(stage: ChaosStage): Promise<readonly string[]> {
  let findings: readonly string[] = [];
  await waitUntil(async () => {
    findings = await ownershipFindings(stage);
    return findings.length === 0;
  }, { timeoutMs: PATIENCE_MS, everyMs: 500 });
  return findings;
}

async function ownershipFindings(stage: ChaosStage): Promise<readonly string[]> {
  const sql = postgres(stage.postgres.url(), { max: 1 });
  const living = new Set(stage.workers.filter((one) => one.isRunning).map(({ name }) => name));
  try {
    const rows = await sql<{ shard: number; owner: string }[]>`
      SELECT shard, owner FROM shards ORDER BY shard`;
    const listeners = await listenersByShard(stage);
    return rows.flatMap(({ shard, owner }) => {
      const worker = owner.slice(0, owner.lastIndexOf("#"));
      const count = listeners.get(shard) ?? 0;
      return [
        ...(living.has(worker) ? [] : [`shard ${shard} is owned by "${owner}"`]),
        ...(count === 1 ? [] : [`${count} processes listen for shard ${shard}`]),
      ];
    });
  } finally {
    await sql.end();
  }
}

interface Connections {
  readonly connections?: readonly { readonly subscriptions_list?: readonly string[] }[];
}

async function listenersByShard(stage: ChaosStage): Promise<ReadonlyMap<number, number>> {
  const counts = new Map<number, number>();
  for (const { monitorPort, isRunning } of stage.nats.servers) {
    if (!isRunning()) continue;
    const address = `http://127.0.0.1:${monitorPort}/connz?subs=1&limit=1024`;
    // deno-lint-ignore no-await-in-loop -- three servers
    const response = await fetch(address, { signal: AbortSignal.timeout(5_000) });
    // deno-lint-ignore no-await-in-loop
    const { connections = [] }: Connections = await response.json();
    for (const subject of connections.flatMap((one) => one.subscriptions_list ?? [])) {
      const shard = /^actor\.(\d+)$/.exec(subject)?.[1];
      if (shard !== undefined) counts.set(Number(shard), (counts.get(Number(shard)) ?? 0) + 1);
    }
  }
  return counts;
}

export interface FactFindings {
  readonly count: number;
  readonly findings: readonly string[];
}

/** The stream holds each fact of the journal once, those of a shard in the journal's order. */
export async function wrongFacts(stage: ChaosStage): Promise<FactFindings> {
  const clock = systemClock();
  const telemetry = silentTelemetry(clock);
  const link = await connectNats({ url: stage.nats.url, name: "chaos checks", telemetry });
  const facts = await NatsFacts.open({ link, clock, telemetry });
  try {
    let expected: readonly FactKey[] = [];
    let findings: readonly string[] = [];
    await waitUntil(async () => {
      expected = await journalledFacts(stage.postgres.url());
      findings = factFindings(expected, (await facts.publishedAfter(0)).facts);
      return findings.length === 0;
    }, { timeoutMs: PATIENCE_MS, everyMs: 1_000 });
    return { count: expected.length, findings };
  } finally {
    facts.close();
    await link.close();
  }
}

async function journalledFacts(databaseUrl: string): Promise<readonly FactKey[]> {
  const sql = postgres(databaseUrl, { max: 1 });
  try {
    const rows = await sql<{ shard: number; seq: string; count: number }[]>`
      SELECT shard, seq, json_array_length(facts::json) AS count FROM journal
      WHERE facts IS NOT NULL ORDER BY shard, seq`;
    return rows.flatMap(({ shard, seq, count }) =>
      Array.from({ length: count }, (_, place) => ({ shard, seq: Number(seq), place }))
    );
  } finally {
    await sql.end();
  }
}

/** Facts that are missing, doubled, out of order, or of nobody. */
export function factFindings(
  expected: readonly FactKey[],
  published: readonly FactKey[],
): readonly string[] {
  const findings: string[] = [];
  const seen = new Set<string>();
  const last = new Map<number, FactKey>();
  for (const fact of published) {
    const text = keyText(fact);
    if (seen.has(text)) findings.push(`fact ${text} is twice in the stream`);
    seen.add(text);
    const before = last.get(fact.shard);
    if (before !== undefined && !isBehind(fact, before)) {
      findings.push(`fact ${text} comes behind ${keyText(before)}`);
    }
    last.set(fact.shard, fact);
  }
  for (const fact of expected) {
    if (!seen.delete(keyText(fact))) findings.push(`fact ${keyText(fact)} is not in the stream`);
  }
  for (const text of seen) findings.push(`fact ${text} is in the stream and not in the journal`);
  return findings;
}

function isBehind(one: FactKey, other: FactKey): boolean {
  return one.seq === other.seq ? one.place > other.place : one.seq > other.seq;
}

function keyText({ shard, seq, place }: FactKey): string {
  return `${shard}:${seq}:${place}`;
}
