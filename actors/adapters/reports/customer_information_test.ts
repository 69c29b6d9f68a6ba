import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import postgres, { type Sql } from "postgres";
import type { ReportedMessage } from "#actors/ports/item_store.ts";
import { type TestPostgres, testPostgres } from "#start/testing.ts";
import { postgresItemStore } from "../postgres_item_store.ts";
import { reportRules } from "./mod.ts";

let database: TestPostgres;
let sql: Sql;
before(async () => {
  database = await testPostgres();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
});
after(async () => {
  await sql.end();
  await database.close();
});

let seq = 0;

async function notified(stationId: string, payload: ReportedMessage["payload"]): Promise<void> {
  const message: ReportedMessage = {
    ...{ tenant: "default", stationId, stationKey: stationId, protocol: "ocpp2.0.1" },
    ...{ action: "NotifyCustomerInformation", payload, at: Date.UTC(2026, 10, 22), shard: 1 },
    seq: ++seq,
  };
  const [rule] = reportRules.get(message.action) ?? [];
  assert.ok(rule !== undefined);
  await sql.begin((part) => rule(message, postgresItemStore(part, message)));
}

async function kept(stationId: string): Promise<readonly unknown[]> {
  const rows = await sql<{ body: unknown }[]>`SELECT body FROM station_items
    WHERE station_id = ${stationId} AND block = 'customer-information' ORDER BY key`;
  return rows.map(({ body }) => body);
}

const part = (seqNo: number, data: string, tbc: boolean): ReportedMessage["payload"] => ({
  ...{ requestId: 4, seqNo, data, tbc, generatedAt: "2026-11-22T00:00:00Z" },
});

test("parts become one text in their order, once none is missing, whatever came twice", async () => {
  await notified("A", part(2, "c", false));
  await notified("A", part(0, "a", true));
  await notified("A", part(0, "a", true));
  assert.deepEqual(await kept("A"), []);
  await notified("A", part(1, "b", true));
  assert.deepEqual(await kept("A"), [{
    requestId: 4,
    data: "abc",
    generatedAt: "2026-11-22T00:00:00Z",
    receivedAt: "2026-11-22T00:00:00.000Z",
  }]);
});

test("a message that has no number is no part", async () => {
  await assert.rejects(notified("B", { data: "x" }), TypeError);
  assert.deepEqual(await kept("B"), []);
});

test("a text has a bound", async () => {
  const long = "x".repeat(60_000);
  await notified("C", part(0, long, true));
  await notified("C", part(1, long, false));
  const [body] = await kept("C");
  assert.equal((body as { data: string }).data.length, 100_000);
});
