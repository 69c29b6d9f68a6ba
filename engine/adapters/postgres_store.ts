import postgres, { type Sql } from "postgres";
import { PlatformError } from "#schemas/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type {
  AlarmRow,
  CommitOutcome,
  DeadLetter,
  EncodedBatch,
  JournalRow,
  OutboxRow,
  OwnedShard,
  PlacedShard,
  Store,
  StoredActor,
  TakeLimits,
} from "../ports/store.ts";
import { codeOf, PostgresShards } from "./postgres_shards.ts";

/**
 * Below the lease (3 s): a worker frozen in a statement must not hold a lock longer than it owns.
 */
const STATEMENT_TIMEOUT_MS = 2_000;
/** Above the statement time-out: silence beyond it means that the connection is dead. */
const SILENCE_MS = 2_500;
/** A take-over waits this long for a lock, then ends the connections of the old owner. */
const LOCK_TIMEOUT_MS = 500;
/** A start reads all alarms; nothing else takes near as long. */
const READ_TIMEOUT_MS = 10_000;
const READ_SILENCE_MS = READ_TIMEOUT_MS + 500;
const POOL_MAX = 6;

interface PostgresStoreParts {
  readonly url: string;
  /**
   * `application_name` of the connections: what the owner of shards begins with, so that a
   * successor can end them.
   */
  readonly owner: string;
  readonly clock: Clock;
}

/** The store on Postgres: one connection for each lane of commits, a few for everything else. */
export function postgresStore(parts: PostgresStoreParts): Store {
  return new PostgresStore(parts);
}

class PostgresStore implements Store {
  readonly #parts: PostgresStoreParts;
  readonly #shards: PostgresShards;
  #sql: Sql;
  readonly #lanes = new Map<number, Sql>();

  constructor(parts: PostgresStoreParts) {
    this.#parts = parts;
    this.#sql = this.#connect(POOL_MAX, READ_TIMEOUT_MS);
    this.#shards = new PostgresShards((query) => this.#ask(query, SILENCE_MS));
  }

  shardCount(): Promise<number> {
    return this.#shards.count();
  }

  placement(): Promise<readonly PlacedShard[]> {
    return this.#shards.placement();
  }

  takeShards(
    owner: string,
    shards: readonly number[],
    limits: TakeLimits = {},
  ): Promise<readonly OwnedShard[]> {
    return this.#shards.take(owner, shards, limits);
  }

  retakeShards(owner: string, shards: readonly number[]): Promise<readonly OwnedShard[]> {
    return this.#shards.take(owner, shards, { from: [owner] });
  }

  releaseShards(
    owner: string,
    shards: readonly Pick<OwnedShard, "shard" | "epoch">[],
  ): Promise<void> {
    return this.#shards.release(owner, shards);
  }

  pinShard(shard: number, worker: string): Promise<void> {
    return this.#shards.pin(shard, worker);
  }

  stillOwns(owned: readonly Pick<OwnedShard, "shard" | "epoch">[]): Promise<boolean> {
    return this.#shards.stillOwns(owned);
  }

  async load(actors: readonly string[]): Promise<ReadonlyMap<string, StoredActor>> {
    const snapshots = await this.#ask((sql) =>
      sql<{ actor: string; version: number; body: string; seq: string }[]>`
        SELECT actor, version, body, seq FROM snapshots WHERE actor = ANY(${actors as string[]})`
    );
    const tails = snapshots.length === 0 ? [] : await this.#ask((sql) =>
      sql<RawJournalRow[]>`
      SELECT j.seq, j.actor, j.class, extract(epoch FROM j.at) * 1000 AS at, j.type, j.revision,
          j.header, j.body, j.inputs, j.reply, j.effects
        FROM snapshots s JOIN journal j ON j.actor = s.actor AND j.seq > s.seq
        WHERE s.actor = ANY(${actors as string[]}) AND j.class = 'S' ORDER BY j.seq`
    );
    const byActor = Map.groupBy(tails.map(journalRow), (row) => row.actor);
    return new Map(snapshots.map(({ actor, version, body, seq }) => [
      actor,
      {
        version,
        body,
        seq: Number(seq),
        // A commit may fall between the two queries: its samples are then in the newer snapshot.
        tail: (byActor.get(actor) ?? []).filter((row) => row.seq > Number(seq)),
      },
    ]));
  }

  async commit(batch: EncodedBatch, lane: number): Promise<CommitOutcome> {
    const sql = this.#lane(lane);
    const { id, fence, journal, snapshots, rest } = batch;
    const statement = sql`SELECT commit_batch(${id}, ${fence}, ${journal}, ${snapshots}, ${rest})`;
    try {
      await this.#inTime(statement, SILENCE_MS);
      return { result: "committed" };
    } catch (error) {
      const outcome = outcomeOf(error);
      if (outcome.result === "unknown") this.#dropLane(lane);
      return outcome;
    }
  }

  async alarms(shards: readonly number[]): Promise<readonly AlarmRow[]> {
    const rows = await this.#ask((sql) =>
      sql<{ actor: string; name: string; due: string; generation: string; event: string }[]>`
        SELECT actor, name, extract(epoch FROM due) * 1000 AS due, generation, event
          FROM alarms WHERE shard = ANY(${shards as number[]})`
    );
    return rows.map(({ actor, name, due, generation, event }) => ({
      actor,
      name,
      due: Number(due),
      generation: Number(generation),
      event,
    }));
  }

  async outbox(shards: readonly number[]): Promise<readonly OutboxRow[]> {
    return await this.#ask((sql) =>
      sql<OutboxRow[]>`
        SELECT id, receiver, event FROM outbox WHERE shard = ANY(${shards as number[]})
          ORDER BY created_at`
    );
  }

  async acknowledgeOutbox(ids: readonly string[]): Promise<void> {
    await this.#ask((sql) => sql`DELETE FROM outbox WHERE id = ANY(${ids as string[]})`);
  }

  async deadLetter({ tenant, actor, type, header, body, reason }: DeadLetter): Promise<void> {
    // What Postgres refused as data may hold what it refuses as text, too.
    const storable = (text: string): string => text.replaceAll("\u0000", "\\u0000").toWellFormed();
    const texts = [header, body, reason].map(storable);
    await this.#ask((sql) =>
      sql`INSERT INTO dead_letters (tenant, actor, type, header, body, reason)
        VALUES (${tenant}, ${actor}, ${type}, ${texts[0] ?? ""}, ${texts[1] ?? ""},
          ${texts[2] ?? ""})`
    );
  }

  async journalOf(actor: string): Promise<readonly JournalRow[]> {
    const rows = await this.#ask((sql) =>
      sql<RawJournalRow[]>`
        SELECT seq, actor, class, extract(epoch FROM at) * 1000 AS at, type, revision, header,
            body, inputs, reply, effects
          FROM journal WHERE actor = ${actor} ORDER BY seq`
    );
    return rows.map(journalRow);
  }

  async close(): Promise<void> {
    const all = [this.#sql, ...this.#lanes.values()];
    await Promise.all(all.map((sql) => sql.end({ timeout: 2 })));
  }

  /** Connections that gave no answer are dead: others take their place, so that no await hangs. */
  async #ask<Rows>(
    query: (sql: Sql) => PromiseLike<Rows>,
    silenceMs = READ_SILENCE_MS,
  ): Promise<Rows> {
    const sql = this.#sql;
    try {
      return await this.#inTime(query(sql), silenceMs);
    } catch (error) {
      if (error instanceof Silence && this.#sql === sql) {
        this.#sql = this.#connect(POOL_MAX, READ_TIMEOUT_MS);
        sql.end({ timeout: 0 }).catch(() => undefined);
      }
      throw error;
    }
  }

  async #inTime<Rows>(statement: PromiseLike<Rows>, silenceMs: number): Promise<Rows> {
    let cancel: () => void = () => {};
    const silence = new Promise<never>((_, reject) => {
      cancel = this.#parts.clock.schedule(silenceMs, () => reject(new Silence()));
    });
    try {
      return await Promise.race([statement, silence]);
    } finally {
      cancel();
    }
  }

  #lane(lane: number): Sql {
    const known = this.#lanes.get(lane);
    if (known !== undefined) return known;
    const made = this.#connect(1, STATEMENT_TIMEOUT_MS);
    this.#lanes.set(lane, made);
    return made;
  }

  #dropLane(lane: number): void {
    const broken = this.#lanes.get(lane);
    this.#lanes.delete(lane);
    broken?.end({ timeout: 0 }).catch(() => undefined);
  }

  #connect(max: number, statementTimeoutMs: number): Sql {
    return postgres(this.#parts.url, {
      max,
      idle_timeout: 0,
      connect_timeout: 5,
      max_lifetime: null,
      backoff: () => 0.2,
      onnotice: () => {},
      connection: {
        application_name: this.#parts.owner,
        statement_timeout: statementTimeoutMs,
        lock_timeout: max === 1 ? 0 : LOCK_TIMEOUT_MS,
        idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
        tcp_keepalives_idle: 1,
        tcp_keepalives_interval: 1,
        tcp_keepalives_count: 2,
      } as Record<string, string | number>,
    });
  }
}

class Silence extends PlatformError {
  constructor() {
    super("timed-out", "Cannot reach Postgres: no answer");
  }
}

interface RawJournalRow {
  seq: string;
  actor: string;
  class: string;
  at: string;
  type: string;
  revision: number;
  header: string;
  body: string | null;
  inputs: string | null;
  reply: string | null;
  effects: string | null;
}

function journalRow(row: RawJournalRow): JournalRow {
  return {
    ...row,
    seq: Number(row.seq),
    class: row.class as "T" | "S",
    at: Number(row.at),
  };
}

/** Two rows for one key, bad values, broken constraints, values too large for an index. */
const dataFaults = new Set(["21", "22", "23", "54"]);

/**
 * SQLSTATE classes 21, 22, 23 and 54 are the data's fault, our SW001 the fence; all else leaves the
 * outcome open.
 */
function outcomeOf(error: unknown): CommitOutcome {
  const code = codeOf(error);
  const detail = error instanceof Error ? error.message : String(error);
  if (code === "SW001") return { result: "stale" };
  if (dataFaults.has(code.slice(0, 2))) {
    const { detail: where, ...told } = error as PostgresDetail;
    if (told.constraint_name !== "inbox_pkey") {
      return { result: "refused", detail, isRepeat: false };
    }
    const repeated = /^Key \(id\)=\((.*)\) already exists\.$/s.exec(where ?? "")?.[1];
    const named = repeated === undefined ? {} : { repeated };
    return { result: "refused", detail, isRepeat: true, ...named };
  }
  return { result: "unknown", detail };
}

interface PostgresDetail {
  readonly "constraint_name"?: string;
  readonly detail?: string;
}
