import type { Sql } from "postgres";
import { PlatformError } from "#schemas/errors.ts";
import type { OwnedShard, PlacedShard, TakeLimits } from "../ports/store.ts";

/** Takes of our own that wait somewhere may come between a look at the shards and their take. */
const TAKES_MAX = 4;

/** Table `shards`: who owns which, by epochs that only rise. Each statement stands alone. */
export class PostgresShards {
  readonly #ask: <Rows>(query: (sql: Sql) => PromiseLike<Rows>) => Promise<Rows>;

  constructor(ask: <Rows>(query: (sql: Sql) => PromiseLike<Rows>) => Promise<Rows>) {
    this.#ask = ask;
  }

  async count(): Promise<number> {
    const [row] = await this.#ask((sql) =>
      sql<{ shard_count: number }[]>`SELECT shard_count FROM installation`
    );
    if (row === undefined) {
      throw new PlatformError("unavailable", "Cannot read the installation: it is not migrated");
    }
    return row.shard_count;
  }

  async placement(): Promise<readonly PlacedShard[]> {
    const rows = await this.#ask((sql) =>
      sql<{ shard: number; epoch: string; owner: string; pinned_to: string }[]>`
        SELECT shard, epoch, owner, pinned_to FROM shards ORDER BY shard`
    );
    return rows.map(({ shard, epoch, owner, pinned_to: pinnedTo }) => ({
      shard,
      epoch: Number(epoch),
      owner,
      pinnedTo,
    }));
  }

  async release(
    owner: string,
    shards: readonly Pick<OwnedShard, "shard" | "epoch">[],
  ): Promise<void> {
    await this.#ask((sql) =>
      sql`
        UPDATE shards s SET owner = ''
          FROM (SELECT o.shard, o.epoch FROM shards o
            JOIN json_to_recordset(${JSON.stringify(shards)}::text::json)
              AS w(shard integer, epoch bigint) ON w.shard = o.shard AND w.epoch = o.epoch
            ORDER BY o.shard FOR UPDATE OF o) locked
          WHERE s.shard = locked.shard AND s.epoch = locked.epoch AND s.owner = ${owner}`
    );
  }

  async pin(shard: number, worker: string): Promise<void> {
    await this.#ask((sql) => sql`UPDATE shards SET pinned_to = ${worker} WHERE shard = ${shard}`);
  }

  async stillOwns(owned: readonly Pick<OwnedShard, "shard" | "epoch">[]): Promise<boolean> {
    const rows = await this.#ask((sql) =>
      sql<{ count: string }[]>`
        SELECT count(*) FROM shards s
          JOIN json_to_recordset(${JSON.stringify(owned)}::text::json)
            AS o(shard integer, epoch bigint) ON s.shard = o.shard AND s.epoch = o.epoch`
    );
    return Number(rows[0]?.count) === owned.length;
  }

  async take(
    owner: string,
    shards: readonly number[],
    limits: TakeLimits,
  ): Promise<readonly OwnedShard[]> {
    for (let tries = 1;; tries++) {
      try {
        // deno-lint-ignore no-await-in-loop -- one try after the other.
        return await this.#take(owner, shards, limits);
      } catch (error) {
        const isLocked = codeOf(error) === "55P03";
        if (tries === TAKES_MAX || !isLocked && !(error instanceof ShardsMoved)) throw error;
        // deno-lint-ignore no-await-in-loop -- as above.
        if (isLocked) await this.#endOwnersOf(shards, owner);
      }
    }
  }

  /**
   * Two statements that each stand alone. A transaction of the client's would live on, unseen, when
   * its answer was given up, and raise the epoch under the one who took the shards after it.
   */
  async #take(
    owner: string,
    shards: readonly number[],
    { from, epochMin = 0 }: TakeLimits,
  ): Promise<readonly OwnedShard[]> {
    const seen = await this.#ask((sql) =>
      sql<{ shard: number; epoch: string; owner: string }[]>`
        SELECT shard, epoch, owner FROM shards WHERE shard = ANY(${shards as number[]})`
    );
    const wanted = seen.filter((shard) => from?.includes(shard.owner) ?? true);
    if (wanted.length === 0) return [];
    const rows = await this.#ask((sql) =>
      sql<{ shard: number; epoch: string; last_seq: string; last_batch: string }[]>`
        UPDATE shards s SET epoch = greatest(s.epoch + 1, ${epochMin}), owner = ${owner}
          FROM (SELECT o.shard, o.epoch FROM shards o
            JOIN json_to_recordset(${JSON.stringify(wanted)}::text::json)
              AS w(shard integer, epoch bigint) ON w.shard = o.shard AND w.epoch = o.epoch
            ORDER BY o.shard FOR UPDATE OF o) locked
          WHERE s.shard = locked.shard AND s.epoch = locked.epoch
          RETURNING s.shard, s.epoch, s.last_seq, s.last_batch`
    );
    if (rows.length < wanted.length) throw new ShardsMoved();
    return rows.map(({ shard, epoch, last_seq, last_batch }) => ({
      shard,
      epoch: Number(epoch),
      lastSeq: Number(last_seq),
      lastBatch: last_batch,
    }));
  }

  /**
   * A worker that hangs inside a statement holds its locks until its connection is ended; an owner
   * begins with the name of its connections.
   */
  async #endOwnersOf(shards: readonly number[], owner: string): Promise<void> {
    await this.#ask((sql) =>
      sql`SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a
        WHERE a.pid <> pg_backend_pid() AND a.application_name <> ''
          AND NOT starts_with(${owner}, a.application_name)
          AND EXISTS (SELECT 1 FROM shards s WHERE s.shard = ANY(${shards as number[]})
            AND s.owner <> ${owner} AND starts_with(s.owner, a.application_name))`
    );
  }
}

/** Another take of the same shards came between. */
class ShardsMoved extends PlatformError {
  constructor() {
    super("unavailable", "Cannot take shards: their epochs move");
  }
}

export function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}
