import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import postgres, { type Sql } from "postgres";
import type { ReportedMessage } from "#actors/ports/item_store.ts";
import { itemId } from "#schemas/station_items.ts";
import { type TestPostgres, testPostgres } from "#start/testing.ts";
import { postgresItemStore } from "../postgres_item_store.ts";
import { displayMessagesReports } from "./display_messages.ts";

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

let stations = 0;

/** A station whose reports go through the rule, into a real table. */
class Display {
  readonly id = `D${++stations}`;
  #seq = 0;

  async report(payload: object, at = Date.UTC(2026, 10, 22)): Promise<void> {
    const message: ReportedMessage = {
      tenant: "default",
      stationId: this.id,
      stationKey: this.id,
      protocol: "ocpp2.0.1",
      action: "NotifyDisplayMessages",
      payload: payload as ReportedMessage["payload"],
      at,
      shard: 1,
      seq: ++this.#seq,
    };
    const rule = displayMessagesReports["NotifyDisplayMessages"];
    assert.ok(rule !== undefined);
    await sql.begin((part) => rule(message, postgresItemStore(part, message)));
  }

  /** As the charger's rule keeps the question. */
  async asked(requestId: number, filter: object = {}): Promise<void> {
    const body = { requestId, ids: null, priority: null, state: null, ...filter };
    await sql`INSERT INTO station_items
        (tenant, id, station_id, block, key, body, created_at, updated_at)
      VALUES ('default', ${itemId(this.id, "display-message", "asked")}, ${this.id},
        'display-message', 'asked', ${JSON.stringify(body)}::text::jsonb, now(), now())
      ON CONFLICT (tenant, id) DO UPDATE SET body = excluded.body`;
  }

  async reported(): Promise<readonly string[]> {
    const rows = await sql<{ key: string }[]>`
      SELECT key FROM station_items WHERE station_id = ${this.id} AND block = 'reported-message'
        ORDER BY key`;
    return rows.map(({ key }) => key);
  }
}

const info = (id: number, more: object = {}): object => ({
  id,
  priority: "NormalCycle",
  message: { format: "UTF8", content: `message ${id}` },
  ...more,
});

test("a report in parts counts when its last part is here, and replaces what was asked for", async () => {
  const one = new Display();
  await one.asked(1);
  await one.report({ requestId: 1, tbc: true, messageInfo: [info(1), info(2)] });
  assert.deepEqual(await one.reported(), []);
  await one.report({ requestId: 1, tbc: false, messageInfo: [info(3)] });
  assert.deepEqual(await one.reported(), ["1", "2", "3"]);

  await one.asked(2);
  await one.report({ requestId: 2, messageInfo: [info(2)] });
  assert.deepEqual(await one.reported(), ["2"]);
});

test("a filtered report says nothing of the other messages", async () => {
  const one = new Display();
  await one.asked(1);
  await one.report({
    requestId: 1,
    messageInfo: [info(1), info(2, { priority: "InFront" }), info(3, { state: "Idle" })],
  });
  await one.asked(2, { priority: "InFront" });
  await one.report({ requestId: 2, messageInfo: [info(4, { priority: "InFront" })] });
  assert.deepEqual(await one.reported(), ["1", "3", "4"]);
  await one.asked(3, { ids: [1] });
  await one.report({ requestId: 3, messageInfo: [info(1)] });
  await one.asked(4, { state: "Idle" });
  await one.report({ requestId: 4, messageInfo: [info(5, { state: "Idle" })] });
  assert.deepEqual(await one.reported(), ["1", "4", "5"]);
});

test("a report that nobody asked for adds what it says and takes nothing away", async () => {
  const one = new Display();
  await one.asked(1);
  await one.report({ requestId: 1, messageInfo: [info(1)] });
  await one.report({ requestId: 77, messageInfo: [info(2)] });
  assert.deepEqual(await one.reported(), ["1", "2"]);
});

test("what is no message is left out, and nothing breaks", async () => {
  const one = new Display();
  await one.report({ requestId: 1, messageInfo: [null, { id: "7" }, info(7)] });
  await one.report({ requestId: 2 });
  await one.report({ messageInfo: [info(8)] });
  assert.deepEqual(await one.reported(), ["7"]);
});
