// deno-lint-ignore-file no-await-in-loop -- a test does one thing after the other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress, shardOf } from "#schemas/address.ts";
import { chosen } from "./rendezvous.ts";
import { assertWhole, Cluster, heldBy, SHARDS } from "./sim/sim_cluster.ts";

test("one worker takes all; a second gets its part and nothing else moves", async () => {
  const cluster = new Cluster();
  const one = await cluster.start("w1");
  assertWhole([one]);
  const two = await cluster.start("w2");
  await cluster.pass(500);
  assertWhole([one, two]);
  const before = await cluster.owners();

  const three = await cluster.start("w3");
  await cluster.pass(500);

  assertWhole([one, two, three]);
  assert.ok(heldBy(three).length > 0);
  (await cluster.owners()).forEach((owner, shard) => {
    if (owner !== "w3") assert.equal(owner, before[shard]);
  });
  assert.ok([one, two, three].every(({ placement }) => placement.isSettled));
});

test("actors go on with what they had when their shard is handed over", async () => {
  const cluster = new Cluster();
  const one = await cluster.start("w1");
  for (const key of ["a", "b", "c", "d", "e", "f"]) assert.equal(await cluster.add(key), 1);

  const two = await cluster.start("w2");
  const counting = ["a", "b", "c", "d", "e", "f"].map((key) => cluster.add(key));

  assert.deepEqual(await Promise.all(counting), [2, 2, 2, 2, 2, 2]);
  assertWhole([one, two]);
});

test("a worker that drains leaves nothing behind", async () => {
  const cluster = new Cluster();
  const one = await cluster.start("w1");
  const two = await cluster.start("w2");
  await cluster.pass(500);
  for (const key of ["a", "b", "c", "d"]) await cluster.add(key);

  const drained = one.placement.drain(5_000);
  await cluster.pass(1_000);
  await drained;

  assert.deepEqual(heldBy(one), []);
  assertWhole([two]);
  await one.placement.stop();
  assert.equal(await cluster.add("a"), 2);
});

test("the last worker gives its shards back when it stops", async () => {
  const cluster = new Cluster();
  const one = await cluster.start("w1");
  await one.placement.drain(1_000);
  await one.placement.stop();

  assert.deepEqual(new Set(await cluster.owners()), new Set([""]));
  assertWhole([await cluster.start("w2")]);
});

test("a dead worker's shards answer again within five seconds, elsewhere", async () => {
  const cluster = new Cluster();
  const one = await cluster.start("w1");
  const two = await cluster.start("w2");
  await cluster.pass(500);
  const keys = Array.from({ length: 12 }, (_, index) => `k${index}`);
  for (const key of keys) await cluster.add(key);

  cluster.kill(one);
  const killedAt = cluster.clock.monotonic();
  const answers = await Promise.all(keys.map((key) => cluster.add(key)));

  assert.ok(answers.every((count) => count === 2), String(answers));
  assert.ok(cluster.clock.monotonic() - killedAt < 5_000);
  assertWhole([two]);
});

test("a worker that slept beyond its lease commits nothing, and begins another life", async () => {
  const cluster = new Cluster();
  const one = await cluster.start("w1");
  const two = await cluster.start("w2");
  await cluster.pass(500);
  const key =
    Array.from({ length: 99 }, (_, index) => `k${index}`).find((name) =>
      heldBy(one).includes(shardOf(parseAddress(`default:counter/${name}`), SHARDS))
    ) ?? "";
  await cluster.add(key);
  one.leases.isCut = true;
  one.end.isReachable = false;
  await cluster.pass(6_000);
  assertWhole([two]);
  assert.equal(await cluster.add(key), 2);
  const rows = cluster.store.journal.length;

  const late = one.host.custody.held.find(({ shard }) =>
    shard === shardOf(parseAddress(`default:counter/${key}`), SHARDS)
  );
  assert.equal(late, undefined, "the table of owners told it although the map is away");
  assert.equal(cluster.store.journal.length, rows);

  one.leases.isCut = false;
  one.end.isReachable = true;
  await cluster.pass(5_000);
  assertWhole([one, two]);
  assert.ok(heldBy(one).length > 0);
  assert.equal(await cluster.add(key), 3);
});

test("what was taken in a life that ended meanwhile is not kept into the next", async () => {
  const cluster = new Cluster();
  const one = await cluster.start("w1");
  const two = await cluster.start("w2");
  await cluster.pass(500);
  const { store, map } = cluster;
  const [alarms, placement] = [store.alarms.bind(store), store.placement.bind(store)];
  const loading = Promise.withResolvers<void>();
  let isLoading = false;
  store.alarms = async (shards) => {
    isLoading = true;
    await loading.promise;
    return alarms(shards);
  };
  cluster.kill(two);
  for (let waited = 0; waited < 10_000 && !isLoading; waited += 100) await cluster.pass(100);
  assert.ok(isLoading, "it takes nothing over");

  map.put("worker.w1", JSON.stringify({ endedBy: "w9" }));
  store.placement = () => Promise.reject(new Error("away"));
  await cluster.pass(500);
  assert.equal(one.membership.isDeposed, false);
  loading.resolve();
  await cluster.pass(500);
  assert.deepEqual(heldBy(one), []);

  store.placement = placement;
  await cluster.pass(2_000);
  assertWhole([one]);
});

test("a shard whose epoch was raised while it was handed over goes to its next owner at once", async () => {
  const cluster = new Cluster();
  const one = await cluster.start("w1");
  const { store } = cluster;
  const lost = Promise.withResolvers<void>();
  const commit = store.commit.bind(store);
  store.commit = async () => {
    store.commit = commit;
    await lost.promise;
    return { result: "unknown", detail: "the connection was lost" };
  };
  // Of the shard that the second worker is to have.
  const key = ["a", "b", "c", "d", "e", "f"].find((name) =>
    chosen(`shard ${shardOf(parseAddress(`default:counter/${name}`), SHARDS)}`, ["w1", "w2"]) ===
      "w2"
  );
  assert.ok(key !== undefined);
  const to = parseAddress(`default:counter/${key}`);
  const added = cluster.actors.ask(to, { type: "add", cause: "1" }, "{}");
  await cluster.pass(20);
  assert.equal(store.commit, commit, "it does not commit");
  const two = await cluster.start("w2");
  await cluster.pass(300);
  assert.ok(heldBy(one).length < SHARDS, "it hands nothing over");
  lost.resolve();
  await cluster.pass(300);

  assertWhole([one, two]);
  assert.equal((await added).text, '{"count":1}');
});

test("while the map is away nobody loses a shard and all go on", async () => {
  const cluster = new Cluster();
  const workers = [await cluster.start("w1"), await cluster.start("w2")];
  await cluster.pass(500);
  const before = await cluster.owners();

  for (const { leases } of workers) leases.isCut = true;
  await cluster.pass(30_000);
  assert.equal(await cluster.add("a"), 1);
  for (const { leases } of workers) leases.isCut = false;
  await cluster.pass(5_000);

  assert.deepEqual(await cluster.owners(), before);
  assertWhole(workers);
});

test("a pinned shard goes to its worker, and back to the hash without the pin", async () => {
  const cluster = new Cluster();
  const [one, two] = [await cluster.start("w1"), await cluster.start("w2")];
  await cluster.pass(500);
  const shard = heldBy(one)[0] ?? -1;

  await one.placement.pin(shard, "w2");
  await cluster.pass(500);
  assert.ok(heldBy(two).includes(shard));
  assertWhole([one, two]);
  await one.placement.pin(shard, "");
  await cluster.pass(500);
  assert.ok(heldBy(one).includes(shard));
});

test("a worker that comes back under its name takes its shards at once", async () => {
  const cluster = new Cluster();
  const one = await cluster.start("w1");
  await cluster.add("a");
  cluster.kill(one);

  const again = await cluster.start("w1");

  assertWhole([again]);
  assert.equal(await cluster.add("a"), 2);
});

test("each role has one leader", async () => {
  const cluster = new Cluster();
  const workers = [await cluster.start("w1"), await cluster.start("w2"), await cluster.start("w3")];
  await cluster.pass(500);

  for (const role of ["relay", "housekeeping", "frame-log"]) {
    assert.equal(workers.filter(({ placement }) => placement.leads(role)).length, 1);
  }
});

test("a worker that alone does not reach the store leaves its shards to the others", async () => {
  const cluster = new Cluster();
  const [one, two] = [await cluster.start("w1"), await cluster.start("w2")];
  await cluster.pass(500);
  const keys = Array.from({ length: 8 }, (_, index) => `k${index}`);
  for (const key of keys) await cluster.add(key);

  one.line.isCut = true;
  await cluster.pass(12_000);
  assertWhole([two]);
  assert.deepEqual(await Promise.all(keys.map((key) => cluster.add(key))), keys.map(() => 2));

  one.line.isCut = false;
  await cluster.pass(6_000);
  assertWhole([one, two]);
  assert.ok(heldBy(one).length > 0);
  assert.deepEqual(await Promise.all(keys.map((key) => cluster.add(key))), keys.map(() => 3));
});

test("while the store is away for all, nobody leaves", async () => {
  const cluster = new Cluster();
  const workers = [await cluster.start("w1"), await cluster.start("w2")];
  await cluster.pass(500);
  const before = await cluster.owners();

  for (const { line } of workers) line.isCut = true;
  await cluster.pass(60_000);
  for (const { line } of workers) line.isCut = false;
  await cluster.pass(2_000);

  assert.deepEqual(await cluster.owners(), before);
  assert.equal(await cluster.add("a"), 1);
});
