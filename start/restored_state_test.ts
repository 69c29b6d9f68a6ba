import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { headers } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import postgres, { type Sql } from "postgres";
import { BLOCKS_JUMP, JUMP, reconcile } from "./restored_state.ts";
import { type OwnNats, ownNats, type TestPostgres, testPostgres } from "./testing.ts";

let database: TestPostgres;
let nats: OwnNats;
let sql: Sql;

before(async () => {
  [database, nats] = await Promise.all([testPostgres(), ownNats()]);
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await sql`UPDATE shards SET epoch = 7, last_seq = 10, owner = 'old' WHERE shard = 3`;
  await sql`INSERT INTO cursors (name, shard, seq) VALUES
    ('facts', 3, 9), ('meter-values', 3, 25), ('facts.stream', -1, 1)`;
  await publish(["3:9:0", "3:10:0", "3:11:0", "3:12:0", "3:12:1"]);
});
after(async () => {
  await sql.end();
  await Promise.all([database.close(), nats.close()]);
});

async function publish(ids: readonly string[]): Promise<void> {
  const connection = await connect({ servers: `127.0.0.1:${nats.port}` });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: "FACTS", subjects: ["fact.>"] });
  await manager.streams.add({ name: "KV_MEMBERS", subjects: ["$KV.MEMBERS.>"] });
  for (const id of ids) {
    const made = headers();
    made.set("Nats-Msg-Id", id);
    // deno-lint-ignore no-await-in-loop -- in order
    await connection.request(`fact.session.ended.${id.split(":")[1]}`, "{}", {
      timeout: 5_000,
      headers: made,
    });
  }
  for (let renewal = 1; renewal <= 20; renewal++) {
    // deno-lint-ignore no-await-in-loop -- as above
    await connection.request("$KV.MEMBERS.worker", "{}", { timeout: 5_000 });
  }
  await connection.close();
}

test("reconcile() tells the facts whose rows are gone, and puts cursors back to the journal", async () => {
  const done = await reconcile({ databaseUrl: database.url, natsUrl: nats.url });

  assert.deepEqual(done.lostFacts.map(({ sequence, seq }) => [sequence, seq]), [
    [3, 11],
    [4, 12],
    [5, 12],
  ]);
  assert.equal(done.lostFactsCount, 3);
  assert.deepEqual(done.cursorsPutBack, [{ name: "meter-values", shard: 3, from: 25, to: 10 }]);
  const rows = await sql`SELECT name, seq::integer AS seq FROM cursors ORDER BY name`;
  assert.deepEqual(rows.map(({ name, seq }) => [name, seq]), [
    ["facts", 9],
    ["facts.stream", 1],
    ["meter-values", 10],
  ]);
});

test("reconcile() puts epochs beyond the map of members, rows and 1.6 ids beyond what was lost", async () => {
  const [first] = await sql`SELECT epoch, last_seq, owner FROM shards WHERE shard = 3`;
  const [other] = await sql`SELECT epoch, last_seq FROM shards WHERE shard = 4`;
  const [block] = await sql`SELECT nextval('transaction_id_block') AS block`;

  assert.deepEqual({ ...first }, {
    epoch: String(JUMP + 20),
    last_seq: String(JUMP + 10),
    owner: "",
  });
  assert.deepEqual({ ...other }, { epoch: String(JUMP + 20), last_seq: String(JUMP) });
  assert.ok(Number(block?.["block"]) > BLOCKS_JUMP);
});

test("reconcile() without NATS counts the stream as lost: its cursor begins anew", async () => {
  const done = await reconcile({ databaseUrl: database.url, natsUrl: undefined });

  assert.deepEqual(done.cursorsPutBack, [{ name: "facts.stream", shard: -1, from: 1, to: 0 }]);
  assert.equal(done.epochAfter, 2 * JUMP + 20);
});

test("reconcile() refuses while a worker is connected, and a stream of another database", async () => {
  const worker = postgres(database.url, {
    max: 1,
    connection: { application_name: "statewatt worker 1" },
  });
  await worker`SELECT 1`;
  const options = { databaseUrl: database.url, natsUrl: nats.url };
  await assert.rejects(reconcile(options), /^StartError: Workers are connected/);
  await worker.end();

  await publish1(`5:${3 * JUMP}:0`);
  const before = await sql`SELECT epoch FROM shards WHERE shard = 3`;
  await assert.rejects(reconcile(options), /^StartError: The stream of facts is not of this/);
  assert.deepEqual(await sql`SELECT epoch FROM shards WHERE shard = 3`, before);
});

async function publish1(id: string): Promise<void> {
  const connection = await connect({ servers: `127.0.0.1:${nats.port}` });
  const made = headers();
  made.set("Nats-Msg-Id", id);
  await connection.request("fact.session.ended.5", "{}", { timeout: 5_000, headers: made });
  await connection.close();
}
