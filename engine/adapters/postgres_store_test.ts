import assert from "node:assert/strict";
import { test } from "node:test";
import postgres from "postgres";
import { testPostgres } from "#start/testing.ts";
import { storeContract } from "../ports/store_contract.ts";
import { postgresStore } from "./postgres_store.ts";
import { systemClock } from "./system_clock.ts";

storeContract("PostgresStore", async () => {
  const database = await testPostgres();
  const store = postgresStore({ url: database.url, owner: "w1", clock: systemClock() });
  const close = async (): Promise<void> => {
    await store.close();
    await database.close();
  };
  return { store, close };
});

const fence = (epoch: number): string => JSON.stringify([{ shard: 3, epoch, prev: 0, last: 1 }]);

function row(body: object): string {
  return JSON.stringify([{
    shard: 3,
    seq: 1,
    tenant: "default",
    actor: "default:counter/a",
    class: "T",
    at: 1_790_000_000_123,
    type: "add",
    revision: 1,
    header: {},
    body,
  }]);
}

test("PostgresStore: data that Postgres refuses is told apart from a lost connection", async () => {
  const database = await testPostgres();
  const store = postgresStore({ url: database.url, owner: "w1", clock: systemClock() });
  const [owned] = await store.takeShards("w1", [3]);
  const epoch = owned?.epoch ?? 0;
  const parts = { id: "b", fence: fence(epoch), snapshots: "", rest: "" };

  const refused = await store.commit({ ...parts, journal: row({ text: "\u0000" }) }, 0);

  assert.equal(refused.result, "refused");
  assert.deepEqual(await store.commit({ ...parts, journal: row({}) }, 0), { result: "committed" });
  await store.close();
  await database.close();
});

test("PostgresStore: a commit that waits behind a lock ends as unknown, a take-over passes it", async () => {
  const database = await testPostgres();
  const store = postgresStore({ url: database.url, owner: "w1", clock: systemClock() });
  const other = postgres(database.url, { max: 1, connection: { application_name: "w1" } });
  const [owned] = await store.takeShards("w1", [3]);
  await other.unsafe("BEGIN");
  await other`UPDATE shards SET owner = 'w1' WHERE shard = 3`;
  other`SELECT pg_sleep(30)`.catch(() => "ended with its connection");

  const batch = {
    id: "b",
    fence: fence(owned?.epoch ?? 0),
    journal: row({}),
    snapshots: "",
    rest: "",
  };
  const outcome = await store.commit(batch, 0);
  assert.equal(outcome.result, "unknown");
  const [young] = await store.takeShards("w2", [3]);

  assert.ok((young?.epoch ?? 0) > (owned?.epoch ?? 0));
  assert.deepEqual(await store.commit(batch, 0), { result: "stale" });
  await other.end({ timeout: 0 });
  await store.close();
  await database.close();
});
