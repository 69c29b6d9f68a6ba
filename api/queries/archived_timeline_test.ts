// deno-lint-ignore-file no-await-in-loop -- pages come one after the other.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { packRows } from "#engine/journal_archive.ts";
import type { JournalRow } from "#engine/ports/store.ts";
import { type TestApi, testApi } from "../testing.ts";

const noon = Date.UTC(2026, 10, 22, 12);
let api: TestApi;
before(async () => {
  api = await testApi();
  for (const id of ["CP1~1", "CP1~2"]) {
    await api
      .sql`INSERT INTO sessions (tenant, id, station_id, transaction_id, started_at, ended_at,
        energy_wh, status, state, billable, created_at)
      VALUES ('default', ${id}, 'CP1', '1', now(), now(), 0, 'closed', 'complete', true, now())`;
  }
  await storeJournal("CP1~1", 1, 12);
  await storeJournal("CP1~2", 1, 12);
  await archive("CP1~1", 2, 5);
  await archive("CP1~1", 6, 9);
  await api.sql`DELETE FROM journal WHERE actor = 'default:session/CP1~1' AND seq <= 9`;
});
after(() => api.close());

const address = (id: string): string => `default:session/${id}`;

async function storeJournal(id: string, shard: number, count: number): Promise<void> {
  const offset = id === "CP1~1" ? 0 : 100;
  await api.sql`INSERT INTO journal (day, shard, seq, tenant, actor, class, at, type, revision,
      header, body, reply)
    SELECT '2026-11-22', ${shard}, ${offset}::bigint + n, 'default', ${address(id)}, 'T',
        to_timestamp(${noon / 1_000}::float8 + n), 'session.annotate', 1, '{}',
        '{"annotation":"' || n || '"}', '{}'
      FROM generate_series(2, ${count}::int) AS n`;
}

async function archive(id: string, first: number, last: number): Promise<void> {
  const found = await api.sql<(JournalRow & { seq: string; at: string })[]>`
    SELECT seq, actor, class, extract(epoch FROM at) * 1000 AS at, type, revision, header, body,
        inputs, reply, effects
      FROM journal WHERE actor = ${address(id)} AND seq BETWEEN ${first} AND ${last} ORDER BY seq`;
  const rows = found.map((row) => ({ ...row, seq: Number(row.seq), at: Number(row.at) }));
  const ofCharger = { ...rows[0], seq: first - 1, actor: "default:charger/CP1" } as JournalRow;
  const { codec, body } = packRows([ofCharger, ...rows]);
  await api.sql`INSERT INTO session_archive VALUES ('default', ${id}, 'CP1', ${first}, ${last},
    ${rows.length}, now(), 1, ${codec}, ${body}, now())`;
}

async function timeline(
  id: string,
  query: string,
): Promise<{ seqs: number[]; items: object[]; nextCursor: string | null }> {
  const path = `/sessions/${encodeURIComponent(id)}/timeline?${query}`;
  const { status, body } = await api.call("GET", path);
  assert.equal(status, 200);
  const seqs = body.items.map(({ seq }: { seq: number }) => seq);
  return { seqs, items: body.items, nextCursor: body.nextCursor };
}

test("an archived session tells the same timeline as one whose journal is there", async () => {
  const archived = await timeline("CP1~1", "order=asc");
  const plain = await timeline("CP1~2", "order=asc");

  const shifted = plain.items.map((item) => ({
    ...item,
    seq: (item as { seq: number }).seq - 100,
  }));
  assert.deepEqual(archived.items, shifted);
  assert.deepEqual(archived.seqs, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

test("pages of every size and order give an archived timeline once", async () => {
  for (const order of ["asc", "desc"]) {
    for (const limit of [1, 2, 3, 4, 5, 7, 11, 12]) {
      const seen: number[] = [];
      let cursor = "";
      for (;;) {
        const page = await timeline("CP1~1", `order=${order}&limit=${limit}${cursor}`);
        seen.push(...page.seqs);
        assert.ok(page.seqs.length <= limit);
        if (page.nextCursor === null) break;
        cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
      }
      const all = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
      assert.deepEqual(seen, order === "asc" ? all : all.toReversed(), `${order} by ${limit}`);
    }
  }
});

test("a cursor of the journal's own list goes on in the archive", async () => {
  const first = await timeline("CP1~2", "order=desc&limit=4");
  await archive("CP1~2", 102, 112);

  const cursor = encodeURIComponent(first.nextCursor ?? "");
  const rest = await timeline("CP1~2", `order=desc&limit=20&cursor=${cursor}`);

  assert.deepEqual([...first.seqs, ...rest.seqs], [
    ...[112, 111, 110, 109, 108, 107, 106, 105, 104, 103, 102],
  ]);
});
