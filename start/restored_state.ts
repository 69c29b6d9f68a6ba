/**
 * What a database needs after it was put back to an earlier moment, before anything runs on it.
 *
 * The world has gone on meanwhile: gateways have seen epochs, stations were given transaction ids,
 * and the stream of facts holds facts of journal rows that are gone. A restored database would give
 * the same numbers a second time, for other things. So all that is numbered jumps, by far more than
 * the lost time can have used.
 */
import postgres, { type Sql } from "postgres";
import { PostgresJournal } from "#engine/adapters/postgres_journal.ts";
import { systemClock } from "#engine/adapters/system_clock.ts";
import { createTelemetry } from "#engine/telemetry.ts";
import { type FactTail, openFactTail, type StreamedFact } from "./fact_tail.ts";
import { StartError } from "./start_error.ts";

/**
 * 69 thousand million. Epochs follow the revisions of the map of members, of which a hundred
 * processes make a hundred each second: 21 years. Numbers stay exact below 2^53, after 130,000
 * restores.
 */
export const JUMP = 2 ** 36;
/**
 * Blocks of 64 transaction ids for OCPP 1.6: 6.4 million sessions in the lost time; 335 restores
 * until the sequence ends.
 */
export const BLOCKS_JUMP = 100_000;
/** More are counted, not listed. */
const LISTED_MAX = 10_000;

export interface OpenSession {
  readonly id: string;
  readonly stationId: string;
  readonly transactionId: string;
  readonly startedAt: string;
}

export interface CursorPutBack {
  readonly name: string;
  readonly shard: number;
  readonly from: number;
  readonly to: number;
}

export interface Reconciled {
  readonly shards: number;
  /** The highest epoch before and after. */
  readonly epochBefore: number;
  readonly epochAfter: number;
  readonly cursorsPutBack: readonly CursorPutBack[];
  /** Facts of journal rows that are gone: the world was told of what we no longer know. */
  readonly lostFactsCount: number;
  /** The first of them. */
  readonly lostFacts: readonly StreamedFact[];
  /** Sessions that were open at the moment of the restore. */
  readonly openSessions: readonly OpenSession[];
}

export interface ReconcileOptions {
  readonly databaseUrl: string;
  /** Undefined: the stream of facts and the map of members are lost, too. */
  readonly natsUrl: string | undefined;
}

interface ShardState {
  readonly shard: number;
  readonly epoch: number;
  readonly lastSeq: number;
}

/**
 * Makes the numbers of a restored database jump and looks for what is lost. Repeatable: a second
 * run jumps again, which harms nothing.
 *
 * @throws {StartError} when a worker is still connected.
 */
export async function reconcile(options: ReconcileOptions): Promise<Reconciled> {
  const { databaseUrl, natsUrl } = options;
  const clock = systemClock();
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {}, connect_timeout: 10 });
  const name = "statewatt reconcile";
  const journal = new PostgresJournal({ url: databaseUrl, name, clock });
  let tail: FactTail | undefined;
  try {
    await requireNoWorker(sql);
    const shards = await shardStates(sql);
    const telemetry = createTelemetry({ clock, process: name, processMetrics: false });
    const after = (await journal.cursors("facts.stream")).get(-1) ?? 0;
    tail = natsUrl === undefined ? undefined : await openFactTail({ natsUrl, after, telemetry });
    const cursorsPutBack = await putCursorsBack(sql, journal, tail?.lastSequence ?? 0);
    const lost = await lostFacts(tail, shards);
    const epochAfter = await jump(sql, tail?.membersRevision ?? 0);
    return {
      ...lost,
      shards: shards.length,
      epochBefore: shards.reduce((highest, { epoch }) => Math.max(highest, epoch), 0),
      epochAfter,
      cursorsPutBack,
      openSessions: await openSessions(sql),
    };
  } finally {
    await Promise.all([tail?.close(), journal.close(), sql.end({ timeout: 2 })]);
  }
}

async function requireNoWorker(sql: Sql): Promise<void> {
  const rows = await sql<{ name: string }[]>`
    SELECT application_name AS name FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'statewatt worker %'`;
  if (rows.length === 0) return;
  throw new StartError(
    `Workers are connected to this database (${rows[0]?.name}): stop them before it is reconciled.`,
  );
}

async function shardStates(sql: Sql): Promise<readonly ShardState[]> {
  const rows = await sql<{ shard: number; epoch: string; last_seq: string }[]>`
    SELECT shard, epoch, last_seq FROM shards`;
  return rows.map((row) => ({
    shard: row.shard,
    epoch: Number(row.epoch),
    lastSeq: Number(row.last_seq),
  }));
}

/** A cursor beyond the journal would pass over what is written next. */
async function putCursorsBack(
  sql: Sql,
  journal: PostgresJournal,
  streamLast: number,
): Promise<readonly CursorPutBack[]> {
  const rows = await sql<{ name: string; shard: number; seq: string; last: string }[]>`
    SELECT c.name, c.shard, c.seq, s.last_seq AS last FROM cursors c JOIN shards s USING (shard)
      WHERE c.seq > s.last_seq
    UNION ALL
    SELECT name, shard, seq, ${streamLast}::bigint FROM cursors
      WHERE name = 'facts.stream' AND shard = -1 AND seq > ${streamLast}::bigint
    ORDER BY name, shard`;
  const all = rows.map(({ name, shard, seq, last }) => ({
    name,
    shard,
    from: Number(seq),
    to: Number(last),
  }));
  for (const [name, cursors] of Map.groupBy(all, (cursor) => cursor.name)) {
    // deno-lint-ignore no-await-in-loop -- a handful of names
    await journal.place(name, new Map(cursors.map(({ shard, to }) => [shard, to])));
  }
  return all;
}

async function lostFacts(
  tail: FactTail | undefined,
  shards: readonly ShardState[],
): Promise<{ readonly lostFactsCount: number; readonly lostFacts: readonly StreamedFact[] }> {
  const known = new Map(shards.map(({ shard, lastSeq }) => [shard, lastSeq]));
  const listed: StreamedFact[] = [];
  let count = 0;
  for await (const fact of tail?.facts() ?? []) {
    const lastSeq = known.get(fact.shard) ?? 0;
    if (fact.seq <= lastSeq) continue;
    if (fact.seq >= lastSeq + JUMP) {
      throw new StartError(
        `The stream of facts is not of this database: it holds row ${fact.seq} of shard ` +
          `${fact.shard}, the journal ends at ${lastSeq}.`,
      );
    }
    count++;
    if (listed.length < LISTED_MAX) listed.push(fact);
  }
  return { lostFactsCount: count, lostFacts: listed };
}

/**
 * Epochs, so that nothing that was sent or granted before the restore is newer than what comes.
 * Rows of the journal, because facts, inbox and effects are known by shard and row: the same number
 * for another event would count as a repeat of the lost one and be dropped. Transaction ids of 1.6,
 * because stations hold the lost ones and will name them again. All or nothing.
 */
async function jump(sql: Sql, membersRevision: number): Promise<number> {
  return await sql.begin(async (transaction) => {
    const [row] = await transaction<{ epoch: string }[]>`
      WITH jumped AS (
        UPDATE shards SET epoch = greatest(epoch, ${membersRevision}::bigint) + ${JUMP}::bigint,
            last_seq = last_seq + ${JUMP}::bigint, owner = '', last_batch = ''
          RETURNING epoch
      ) SELECT max(epoch) AS epoch FROM jumped`;
    await transaction`SELECT setval('transaction_id_block',
      (SELECT last_value FROM transaction_id_block) + ${BLOCKS_JUMP}::bigint)`;
    await transaction`SELECT setval('worker_incarnation',
      (SELECT last_value FROM worker_incarnation) + ${BLOCKS_JUMP}::bigint)`;
    return Number(row?.epoch);
  });
}

async function openSessions(sql: Sql): Promise<readonly OpenSession[]> {
  const rows = await sql<{ id: string; station: string; transaction: string; at: Date }[]>`
    SELECT id, station_id AS station, transaction_id AS transaction, started_at AS at
      FROM sessions WHERE status = 'open' ORDER BY started_at`;
  return rows.map(({ id, station, transaction, at }) => ({
    id,
    stationId: station,
    transactionId: transaction,
    startedAt: at.toISOString(),
  }));
}
