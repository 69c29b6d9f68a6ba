import postgres, { type ISql, type Sql, type TransactionSql } from "postgres";
import type { Clock } from "../ports/clock.ts";
import type {
  JournalEntry,
  JournalPass,
  JournalPassRequest,
  JournalReader,
} from "../ports/journal.ts";

/** A pass takes some 20 ms; one that takes this long is stuck and gives its locks back. */
const STATEMENT_TIMEOUT_MS = 10_000;
/** Silence beyond this means that the connection is dead (a cut link tells nobody). */
const SILENCE_MS = 15_000;
/** A shard gets at least so many rows per pass, else a busy shard would starve the last ones. */
const SHARD_ROWS_MIN = 16;

export type JournalTransaction = TransactionSql;
type Queries = ISql<Record<never, never>>;

export interface PostgresJournalOptions {
  readonly url: string;
  /** `application_name` of its connections. */
  readonly name: string;
  readonly clock: Clock;
  readonly connectionsMax?: number;
}

/**
 * The journal in Postgres. Its connections are its own, so that followers never hold up commits.
 */
export class PostgresJournal implements JournalReader<JournalTransaction> {
  readonly #options: PostgresJournalOptions;
  #sql: Sql;

  constructor(options: PostgresJournalOptions) {
    this.#options = options;
    this.#sql = this.#connect();
  }

  async behind(name: string): Promise<readonly number[]> {
    const rows = await this.#inTime((sql) =>
      sql<{ shard: number }[]>`
        SELECT s.shard FROM shards s LEFT JOIN cursors c ON c.name = ${name} AND c.shard = s.shard
          WHERE s.last_seq > coalesce(c.seq, 0) ORDER BY s.shard`
    );
    return rows.map(({ shard }) => shard);
  }

  read(request: JournalPassRequest): Promise<JournalPass> {
    return this.#inTime((sql) => readPass(sql, request));
  }

  advance(
    request: JournalPassRequest,
    apply: (entries: readonly JournalEntry[], handle: JournalTransaction) => Promise<void>,
  ): Promise<JournalPass> {
    const { name, shards } = request;
    return this.#inTime(async (sql) =>
      await sql.begin(async (transaction) => {
        await lockCursors(transaction, name, shards);
        const pass = await readPass(transaction, request);
        if (pass.entries.length > 0) await apply(pass.entries, transaction);
        if (pass.cursors.size > 0) await moveLocked(transaction, name, pass.cursors);
        return pass;
      }) as JournalPass
    );
  }

  async move(name: string, cursors: ReadonlyMap<number, number>): Promise<void> {
    if (cursors.size > 0) await this.#inTime((sql) => moveCursors(sql, name, cursors));
  }

  async cursors(name: string): Promise<ReadonlyMap<number, number>> {
    const rows = await this.#inTime((sql) =>
      sql<{ shard: number; seq: string }[]>`
        SELECT shard, seq FROM cursors WHERE name = ${name}`
    );
    return new Map(rows.map(({ shard, seq }) => [shard, Number(seq)]));
  }

  async place(name: string, cursors: ReadonlyMap<number, number>): Promise<void> {
    const rows = cursorRows(name, cursors);
    await this.#inTime((sql) =>
      sql`INSERT INTO cursors (name, shard, seq)
          SELECT name, shard, seq FROM json_to_recordset(${rows}::text::json)
            AS r(name text, shard integer, seq bigint)
          ON CONFLICT (name, shard) DO UPDATE SET seq = excluded.seq`
    );
  }

  async close(): Promise<void> {
    await this.#sql.end({ timeout: 2 });
  }

  #connect(): Sql {
    const { url, name, connectionsMax } = this.#options;
    return postgres(url, {
      max: connectionsMax ?? 2,
      connect_timeout: 5,
      onnotice: () => {},
      connection: { application_name: name, statement_timeout: STATEMENT_TIMEOUT_MS, jit: "off" },
    });
  }

  async #inTime<Result>(run: (sql: Sql) => Promise<Result>): Promise<Result> {
    const { clock } = this.#options;
    const sql = this.#sql;
    let cancel = (): void => {};
    const silence = new Promise<never>((_, reject) => {
      cancel = clock.schedule(SILENCE_MS, () => {
        if (this.#sql === sql) this.#sql = this.#connect();
        void sql.end({ timeout: 0 });
        reject(new Error(`Cannot read the journal: Postgres was silent for ${SILENCE_MS} ms`));
      });
    });
    try {
      return await Promise.race([run(sql), silence]);
    } finally {
      cancel();
    }
  }
}

/** In shard order, so that two followers of one name never wait for each other in a circle. */
async function lockCursors(sql: Queries, name: string, shards: readonly number[]): Promise<void> {
  const lock = (): Promise<readonly unknown[]> =>
    sql`SELECT 1 FROM cursors WHERE name = ${name} AND shard = ANY(${shards as number[]})
        ORDER BY shard FOR UPDATE`;
  if ((await lock()).length === shards.length) return;
  await sql`INSERT INTO cursors (name, shard, seq)
    SELECT ${name}, shard, 0 FROM shards WHERE shard = ANY(${shards as number[]})
      ORDER BY shard ON CONFLICT DO NOTHING`;
  await lock();
}

async function moveCursors(
  sql: Queries,
  name: string,
  cursors: ReadonlyMap<number, number>,
): Promise<void> {
  await sql`INSERT INTO cursors AS c (name, shard, seq)
    SELECT name, shard, seq FROM json_to_recordset(${cursorRows(name, cursors)}::text::json)
      AS r(name text, shard integer, seq bigint) ORDER BY shard
    ON CONFLICT (name, shard) DO UPDATE SET seq = excluded.seq WHERE c.seq < excluded.seq`;
}

/** Cursors that are there and locked: half the cost of `moveCursors`. */
async function moveLocked(
  sql: Queries,
  name: string,
  cursors: ReadonlyMap<number, number>,
): Promise<void> {
  await sql`UPDATE cursors c SET seq = r.seq
    FROM json_to_recordset(${cursorRows(name, cursors)}::text::json) AS r(shard integer, seq bigint)
    WHERE c.name = ${name} AND c.shard = r.shard`;
}

function cursorRows(name: string, cursors: ReadonlyMap<number, number>): string {
  return JSON.stringify(Array.from(cursors, ([shard, seq]) => ({ name, shard, seq })));
}

/**
 * One statement, so one view of the database: up to a shard's `last_seq` as seen there, every row
 * of the shard is visible. A shard whose new rows are all filtered out comes as one empty row.
 */
async function readPass(sql: Queries, request: JournalPassRequest): Promise<JournalPass> {
  const { name, shards, filter, rowsMax } = request;
  const since = (request.sinceAt ?? 0) / 1_000;
  const shardRowsMax = Math.max(SHARD_ROWS_MIN, Math.ceil(rowsMax / shards.length));
  // Rows as arrays: at a thousand rows a pass, objects would cost half as much again.
  const rows = await sql`
    SELECT news.shard, news.upto, j.seq, j.tenant, j.actor, j.class, j.at, j.type, j.header,
        j.body, j.inputs, j.reply, j.effects, j.facts
    FROM (
      SELECT s.shard, coalesce(c.seq, 0) AS after, s.last_seq AS upto
        FROM shards s LEFT JOIN cursors c ON c.name = ${name} AND c.shard = s.shard
        WHERE s.shard = ANY(${shards as number[]}) AND s.last_seq > coalesce(c.seq, 0)
    ) news
    LEFT JOIN LATERAL (
      SELECT seq, tenant, actor, class, extract(epoch FROM at) * 1000 AS at, type, header, body,
          inputs, reply, effects, facts
        FROM journal
        WHERE shard = news.shard AND seq > news.after AND seq <= news.upto
          AND day >= (to_timestamp(${since}) AT TIME ZONE 'UTC')::date - 1
          AND day <= (now() AT TIME ZONE 'UTC')::date + 1
          ${filter.withFacts ? sql`AND facts IS NOT NULL` : sql``}
          ${filter.class === undefined ? sql`` : sql`AND class = ${filter.class}`}
          ${filter.types === undefined ? sql`` : sql`AND type = ANY(${filter.types as string[]})`}
        ORDER BY seq LIMIT ${shardRowsMax}
    ) j ON true
    ORDER BY news.shard, j.seq`.values();
  return toPass(rows, shardRowsMax);
}

function toPass(rows: readonly (readonly unknown[])[], shardRowsMax: number): JournalPass {
  const entries: JournalEntry[] = [];
  const cursors = new Map<number, number>();
  const unfinished: number[] = [];
  let ofShard = 0;
  rows.forEach((row, index) => {
    const shard = Number(row[0]);
    if (row[2] !== null) {
      entries.push(toEntry(row));
      ofShard++;
    }
    if (rows[index + 1]?.[0] === shard) return;
    const upto = Number(row[1]);
    const last = ofShard === shardRowsMax ? Number(row[2]) : upto;
    cursors.set(shard, last);
    if (last < upto) unfinished.push(shard);
    ofShard = 0;
  });
  return { entries, cursors, unfinished };
}

function toEntry(row: readonly unknown[]): JournalEntry {
  const text = (index: number): string | null => row[index] as string | null;
  return {
    shard: Number(row[0]),
    seq: Number(row[2]),
    tenant: String(row[3]),
    actor: String(row[4]),
    class: row[5] === "S" ? "S" : "T",
    at: Number(row[6]),
    type: String(row[7]),
    header: text(8),
    body: text(9),
    inputs: text(10),
    reply: text(11),
    effects: text(12),
    facts: text(13),
  };
}
