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

type Body = Readonly<Record<string, unknown>>;
const at = Date.UTC(2026, 10, 22, 12);
let seq = 0;

/** Runs the rules of a message in real tables, twice: a pass that was cut off comes again. */
async function says(stationId: string, action: string, payload: Body): Promise<void> {
  const message: ReportedMessage = {
    ...{ tenant: "default", stationId, stationKey: stationId, protocol: "ocpp2.0.1" },
    ...{ action, payload, at, shard: 1, seq: ++seq },
  };
  for (let pass = 0; pass < 2; pass++) {
    for (const rule of reportRules.get(action) ?? assert.fail(`no rule for ${action}`)) {
      // deno-lint-ignore no-await-in-loop -- one pass after the other
      await sql.begin((part) => rule(message, postgresItemStore(part, message)));
    }
  }
}

async function eventsOf(stationId: string): Promise<readonly unknown[]> {
  const rows = await sql<{ kind: string; at: Date; body: Body }[]>`
    SELECT kind, at, body FROM station_events WHERE station_id = ${stationId}
      ORDER BY split_part(id, '-', 2)::int`;
  return rows.map((row) => [row.kind, row.at.toISOString(), row.body]);
}

test("security events are kept by their own time, unknown types too, each once", async () => {
  const timestamp = "2026-11-20T01:02:03Z";
  await says("S", "SecurityEventNotification", {
    ...{ type: "TamperDetectionActivated", timestamp, techInfo: "door" },
  });
  await says("S", "SecurityEventNotification", { type: "OfNobody", timestamp: "no time" });
  assert.deepEqual(await eventsOf("S"), [
    [
      ...["security", "2026-11-20T01:02:03.000Z"],
      { type: "TamperDetectionActivated", techInfo: "door", isCritical: true },
    ],
    [
      ...["security", "2026-11-22T12:00:00.000Z"],
      { type: "OfNobody", techInfo: null, isCritical: false },
    ],
  ]);
});

test("statuses of logs and firmware are kept as they came", async () => {
  await says("F", "FirmwareStatusNotification", { status: "Downloading", requestId: 4 });
  await says("F", "DiagnosticsStatusNotification", { status: "Idle" });
  await says("F", "PublishFirmwareStatusNotification", {
    ...{ status: "Published", requestId: 5, location: ["http://a/b"] },
  });
  const time = "2026-11-22T12:00:00.000Z";
  assert.deepEqual(await eventsOf("F"), [
    [
      ...["firmware", time],
      { action: "FirmwareStatusNotification", status: "Downloading", requestId: 4 },
    ],
    ["log", time, { action: "DiagnosticsStatusNotification", status: "Idle", requestId: null }],
    ["firmware", time, {
      ...{ action: "PublishFirmwareStatusNotification", status: "Published", requestId: 5 },
      location: ["http://a/b"],
    }],
  ]);
});

test("data of vendors is kept, and cut when it is long", async () => {
  await says("D", "DataTransfer", { vendorId: "v", messageId: "m", data: { a: [1] } });
  await says("D", "DataTransfer", { vendorId: "v" });
  await says("D", "DataTransfer", { vendorId: "v", data: "x".repeat(20_000) });
  const [whole, none, long] = (await eventsOf("D")).map((event) => (event as Body[])[2]);
  assert.deepEqual(whole, { vendorId: "v", messageId: "m", data: { a: [1] } });
  assert.deepEqual(none, { vendorId: "v", messageId: null, data: null });
  assert.equal(long?.["isCut"], true);
  assert.ok(String(long?.["data"]).length <= 8_000);
});
