import postgres, { type Sql } from "postgres";
import { waitUntil } from "#start/waiting.ts";

/** Frames that have no journal row are logged there, refused ones too: it is no state. */
const LOG = "frame_log";

/** Longer than projections and effects take on a busy machine. */
const SETTLED_MS_MAX = 20_000;

/** What the platform has stored, table by table, as text. */
export type StoredRows = Readonly<Record<string, readonly string[]>>;

/** Looks into the database of a platform under test, beside it. */
export class StoredRowsView {
  readonly #sql: Sql;

  constructor(databaseUrl: string) {
    this.#sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  }

  /** Every row of every table that names what starts with `mark`, but for the log of frames. */
  async of(mark: string): Promise<StoredRows> {
    const found: Record<string, readonly string[]> = {};
    for (const table of await this.#tables()) {
      // deno-lint-ignore no-await-in-loop -- one connection
      const rows = await this.#sql<{ readonly row: string }[]>`
        SELECT t::text AS row FROM ${this.#sql(table)} AS t
        WHERE position(${mark} IN t::text) > 0 ORDER BY 1`;
      if (rows.length > 0) found[table] = rows.map(({ row }) => row);
    }
    return found;
  }

  /** How many frames of a type stand in the log for stations that start with `mark`. */
  async logged(mark: string, messageType: string): Promise<number> {
    const [row] = await this.#sql<{ readonly count: number }[]>`
      SELECT count(*)::int FROM frame_log
      WHERE station_id LIKE ${mark + "%"} AND message_type = ${messageType}`;
    return row?.count ?? 0;
  }

  /** Events that were put aside because a step could not take them. */
  async deadLetters(): Promise<readonly string[]> {
    const rows = await this.#sql<{ readonly row: string }[]>`
      SELECT concat_ws(' ', actor, type, reason, body) AS row FROM dead_letters ORDER BY 1`;
    return rows.map(({ row }) => row);
  }

  /** Resolves when everything derived from the journal is as new as the journal. */
  async settled(): Promise<void> {
    const isSettled = async (): Promise<boolean> => {
      // A follower that has not come to a shard yet has no cursor there.
      const [row] = await this.#sql<{ readonly late: number }[]>`
        SELECT (SELECT count(*) FROM cursors c JOIN shards s USING (shard) WHERE c.seq < s.last_seq)
          + (SELECT count(*) FROM shards s WHERE s.last_seq > 0 AND NOT EXISTS (
              SELECT FROM cursors c WHERE c.shard = s.shard AND c.name = 'meter-values'))
          + (SELECT count(*) FROM outbox) AS late`;
      return Number(row?.late) === 0;
    };
    if (await waitUntil(isSettled, { timeoutMs: SETTLED_MS_MAX })) return;
    throw new Error("Cannot see what is stored: projections did not reach the journal's end");
  }

  async close(): Promise<void> {
    await this.#sql.end();
  }

  async #tables(): Promise<readonly string[]> {
    const rows = await this.#sql<{ readonly name: string }[]>`
      SELECT relname AS name FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        AND relname <> ${LOG}
      ORDER BY 1`;
    return rows.map(({ name }) => name);
  }
}
