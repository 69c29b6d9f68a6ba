import assert from "node:assert/strict";
import { test } from "node:test";
import postgres, { type Sql } from "postgres";
import { testPostgres } from "#start/testing.ts";
import { followJournal } from "../journal_follower.ts";
import type { JournalEntry, JournalFilter } from "../ports/journal.ts";
import { silentTelemetry } from "../telemetry.ts";
import { type JournalTransaction, PostgresJournal } from "./postgres_journal.ts";
import { systemClock } from "./system_clock.ts";

const clock = systemClock();
const all: JournalFilter = {};

interface World {
  readonly sql: Sql;
  readonly journal: PostgresJournal;
  /** Appends rows to a shard as a commit does. */
  append(shard: number, count: number, row?: { class?: "T" | "S"; facts?: string }): Promise<void>;
}

async function withWorld(run: (world: World) => Promise<void>): Promise<void> {
  const { url, close } = await testPostgres();
  const sql = postgres(url, { max: 2, onnotice: () => {} });
  const journal = new PostgresJournal({ url, name: "test", clock });
  await sql`INSERT INTO shards (shard) SELECT generate_series(0, 7) ON CONFLICT DO NOTHING`;
  try {
    await run({
      sql,
      journal,
      append: async (shard, count, { class: rowClass = "T", facts } = {}) => {
        await sql.begin(async (transaction) => {
          const [row] = await transaction<{ last_seq: string }[]>`
            UPDATE shards SET last_seq = last_seq + ${count} WHERE shard = ${shard}
              RETURNING last_seq`;
          const last = Number(row?.last_seq);
          await transaction`
            INSERT INTO journal
                (day, shard, seq, tenant, actor, class, at, type, revision, body, facts)
              SELECT current_date, ${shard}, seq, 'default', 'default:session/CP1', ${rowClass},
                now(), 'test.happened', 1, '{"n":' || seq || '}', ${facts ?? null}
              FROM generate_series(${last - count + 1}::int, ${last}::int) AS seq`;
        });
      },
    });
  } finally {
    await journal.close();
    await sql.end();
    await close();
  }
}

function places(entries: readonly JournalEntry[]): string[] {
  return entries.map(({ shard, seq }) => `${shard}:${seq}`);
}

test("a pass gives the rows behind the cursors in order and moves them", () =>
  withWorld(async ({ journal, append }) => {
    await append(1, 2);
    await append(3, 1);
    const seen: string[] = [];
    const request = { name: "p", shards: [1, 2, 3], filter: all, rowsMax: 100 };

    assert.deepEqual(await journal.behind("p"), [1, 3]);
    await journal.advance(request, (entries) => {
      seen.push(...places(entries));
      return Promise.resolve();
    });

    assert.deepEqual(seen, ["1:1", "1:2", "3:1"]);
    assert.deepEqual(await journal.behind("p"), []);
    assert.deepEqual([...await journal.cursors("p")].sort(), [[1, 2], [2, 0], [3, 1]]);
    assert.deepEqual((await journal.read({ ...request, name: "other" })).entries.length, 3);
  }));

test("an entry has the texts as stored and the time in ms", () =>
  withWorld(async ({ journal, append }) => {
    const before = Date.now();
    await append(1, 1, { facts: '[{"kind":"session"}]' });

    const request = { name: "p", shards: [1], filter: all, rowsMax: 10 };
    const [entry] = (await journal.read(request)).entries;

    assert.ok(entry !== undefined && Math.abs(entry.at - before) < 60_000);
    assert.deepEqual({ ...entry, at: 0 }, {
      shard: 1,
      seq: 1,
      tenant: "default",
      actor: "default:session/CP1",
      class: "T",
      at: 0,
      type: "test.happened",
      header: null,
      body: '{"n":1}',
      inputs: null,
      reply: null,
      effects: null,
      facts: '[{"kind":"session"}]',
    });
  }));

test("rows that the filter leaves out are passed over, and the cursor moves beyond them", () =>
  withWorld(async ({ journal, append }) => {
    await append(1, 5, { class: "S" });
    await append(1, 1, { facts: "[]" });
    await append(1, 5, { class: "S" });
    await append(2, 4, { class: "S" });

    const shards = [1, 2];
    const facts = await journal.read({
      name: "p",
      shards,
      filter: { withFacts: true },
      rowsMax: 9,
    });
    const samples = await journal.read({ name: "p", shards, filter: { class: "S" }, rowsMax: 99 });
    const types = await journal.read({ name: "p", shards, filter: { types: ["x"] }, rowsMax: 99 });

    assert.deepEqual(places(facts.entries), ["1:6"]);
    assert.deepEqual([...facts.cursors], [[1, 11], [2, 4]]);
    assert.equal(samples.entries.length, 14);
    assert.equal(types.entries.length, 0);
  }));

test("a busy shard leaves room for the others, and says that it has more", () =>
  withWorld(async ({ journal, append }) => {
    await append(1, 100);
    await append(2, 3);

    const request = { name: "p", shards: [1, 2], filter: all, rowsMax: 40 };
    const pass = await journal.advance(request, () => Promise.resolve());

    assert.equal(pass.entries.length, 23);
    assert.deepEqual(pass.unfinished, [1]);
    assert.deepEqual([...pass.cursors], [[1, 20], [2, 3]]);
  }));

test("what a projection throws leaves cursor and rows as they were", () =>
  withWorld(async ({ sql, journal, append }) => {
    await sql`CREATE TABLE seen (shard integer, seq bigint)`;
    await append(1, 3);
    let failures = 2;
    const follower = followJournal<JournalTransaction>({
      name: "p",
      reader: journal,
      clock,
      telemetry: silentTelemetry(clock),
      gatherMs: 1,
      onRows: async (entries, handle) => {
        for (const { shard, seq } of entries) {
          // deno-lint-ignore no-await-in-loop -- a few rows, in order.
          await handle`INSERT INTO seen VALUES (${shard}, ${seq})`;
        }
        if (failures-- > 0) throw new Error("not yet");
      },
    });

    await follower.settle();
    await follower.stop();

    const rows = await sql`SELECT seq::int FROM seen ORDER BY seq`;
    assert.deepEqual(rows.map(({ seq }) => seq), [1, 2, 3]);
  }));

test("two followers of one name write every row once while rows are being added", () =>
  withWorld(async ({ sql, journal, append }) => {
    await sql`CREATE TABLE seen (shard integer, seq bigint)`;
    const make = () =>
      followJournal<JournalTransaction>({
        name: "p",
        reader: journal,
        clock,
        telemetry: silentTelemetry(clock),
        gatherMs: 1,
        rowsMax: 10,
        onRows: async (entries, handle) => {
          const rows = JSON.stringify(entries.map(({ shard, seq }) => ({ shard, seq })));
          await handle`INSERT INTO seen SELECT shard, seq FROM
            json_to_recordset(${rows}::text::json) AS r(shard integer, seq bigint)`;
        },
      });
    const followers = [make(), make()];

    for (let round = 0; round < 10; round++) {
      // deno-lint-ignore no-await-in-loop -- rounds, one after the other.
      await Promise.all([0, 1, 2, 3].map((shard) => append(shard, 9)));
      for (const follower of followers) follower.hint([0, 1, 2, 3]);
    }
    await Promise.all(followers.map((follower) => follower.settle()));
    await Promise.all(followers.map((follower) => follower.stop()));

    const [row] = await sql<{ rows: number; different: number }[]>`
      SELECT count(*)::int AS rows, count(DISTINCT (shard, seq))::int AS different FROM seen`;
    assert.deepEqual(row, { rows: 360, different: 360 });
  }));

test("a follower survives its connections being ended", () =>
  withWorld(async ({ sql, journal, append }) => {
    const seen: string[] = [];
    const follower = followJournal<JournalTransaction>({
      name: "p",
      reader: journal,
      clock,
      telemetry: silentTelemetry(clock),
      gatherMs: 1,
      onRows: (entries) => {
        seen.push(...places(entries));
        return Promise.resolve();
      },
    });
    await append(1, 1);
    await follower.settle();

    await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'test' AND datname = current_database()`;
    await append(1, 1);
    follower.hint([1]);
    await follower.settle();
    await follower.stop();

    assert.deepEqual(seen, ["1:1", "1:2"]);
  }));

test("move() never goes back, place() does", () =>
  withWorld(async ({ journal }) => {
    await journal.move("p", new Map([[1, 5]]));
    await journal.move("p", new Map([[1, 3], [-1, 2]]));
    assert.deepEqual([...await journal.cursors("p")].sort(), [[-1, 2], [1, 5]]);

    await journal.place("p", new Map([[1, 3]]));
    assert.equal((await journal.cursors("p")).get(1), 3);
  }));
