import assert from "node:assert/strict";
import { test } from "node:test";
import postgres from "postgres";
import { ownNats, testNats, testPostgres } from "./testing.ts";
import { isHealthy } from "./nats_server.ts";

test("testPostgres() gives each caller a migrated database of its own", async () => {
  const [first, second] = await Promise.all([testPostgres(), testPostgres()]);
  const sql = postgres(first.url, { max: 1 });

  const [row] = await sql`SELECT count(*)::int AS shards FROM shards`;

  assert.equal(row?.["shards"], 256);
  assert.notEqual(first.url, second.url);
  await sql.end();
  await Promise.all([first.close(), second.close()]);
});

test("testNats() gives a server that answers on its monitoring port", async () => {
  const nats = await testNats();

  assert.equal(await isHealthy(nats.monitorPort), true);
  await nats.close();
});

test("ownNats() comes back on its ports after a kill", async () => {
  const nats = await ownNats();

  await nats.kill();
  const whileDown = await isHealthy(nats.monitorPort);
  await nats.restart();

  assert.equal(whileDown, false);
  assert.equal(await isHealthy(nats.monitorPort), true);
  await nats.close();
});
