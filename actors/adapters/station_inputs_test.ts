import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import postgres, { type Sql } from "postgres";
import { callOf } from "#actors/charger/station_input.ts";
import { type TestPostgres, testPostgres } from "#start/testing.ts";
import { stationInputs } from "./station_inputs.ts";

let database: TestPostgres;
let sql: Sql;
before(async () => {
  database = await testPostgres();
  sql = postgres(database.url, { max: 2, onnotice: () => {} });
});
after(async () => {
  await sql.end();
  await database.close();
});

const calls = ["one", "two", "three"].map((key) => ({ action: "Read", payload: { z: 1, key } }));

async function keep(
  { tenant = "default", stationId = "CP1", id = "c1", kind = "get-variables" }: {
    readonly tenant?: string;
    readonly stationId?: string;
    readonly id?: string;
    readonly kind?: string;
  },
): Promise<void> {
  const request = { action: "Read", payload: { whole: true } };
  const worded = kind === "call" ? null : JSON.stringify(calls);
  await sql`
    INSERT INTO commands (tenant, id, station_id, kind, action, status, request, calls, response,
        created_at, updated_at)
      VALUES (${tenant}, ${id}, ${stationId}, ${kind}, 'Read', 'sent',
        ${JSON.stringify(request)}::text::jsonb, ${worded}::text::json, '[{"a":1}]', now(), now())`;
}

test("of a command that was answered this CALL and the next are read, and no request", async () => {
  await keep({ id: "series" });
  const read = async (part: number): ReturnType<ReturnType<typeof stationInputs>> =>
    await stationInputs(sql)("default", {
      ...{ stationId: "CP1", commandIds: ["series"], blocks: [], part },
    });
  for (const part of [0, 1, 2]) {
    // deno-lint-ignore no-await-in-loop -- one after the other, as steps are
    const { commands: { series } } = await read(part);
    assert.deepEqual(series?.request, {});
    assert.deepEqual(series?.response, [{ a: 1 }]);
    assert.deepEqual(callOf(series, part), calls[part]);
    assert.deepEqual(callOf(series, part + 1), calls[part + 1]);
    assert.equal(series?.calls?.length, 2);
  }
});

test("of a raw call the request is read, and of one that goes out all CALLs", async () => {
  await keep({ id: "raw", kind: "call" });
  await keep({ id: "queued" });
  const wish = { stationId: "CP1", blocks: [] };
  const { commands } = await stationInputs(sql)("default", {
    ...wish,
    ...{ commandIds: ["raw"], part: 0 },
  });
  assert.deepEqual(commands["raw"]?.request["payload"], { whole: true });
  assert.equal(callOf(commands["raw"], 0), undefined);
  const whole = await stationInputs(sql)("default", { ...wish, commandIds: ["queued"] });
  assert.deepEqual(whole.commands["queued"]?.calls, calls);
  assert.deepEqual(whole.commands["queued"]?.request["payload"], { whole: true });
});

test("nothing of another station, or of another tenant's, is read", async () => {
  await keep({ id: "theirs", tenant: "other" });
  await keep({ id: "neighbours", stationId: "CP2" });
  for (const part of [undefined, 0]) {
    const wish = { stationId: "CP1", commandIds: ["theirs", "neighbours"], blocks: [] };
    // deno-lint-ignore no-await-in-loop -- one after the other, as steps are
    const { commands } = await stationInputs(sql)("default", {
      ...wish,
      ...(part === undefined ? {} : { part }),
    });
    assert.deepEqual(commands, {});
  }
});
