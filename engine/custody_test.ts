import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress, shardOf } from "#schemas/address.ts";
import { assertWhole, Cluster, heldBy, SHARDS } from "./sim/sim_cluster.ts";

const addressOf = (key: string) => parseAddress(`default:counter/${key}`);

/** Two counters of one shard that are not of one partition. */
function neighbours(): readonly [string, string] {
  const byShard = Map.groupBy(
    Array.from({ length: 99 }, (_, index) => `k${index}`),
    (key) => shardOf(addressOf(key), SHARDS),
  );
  const [one, other] = [...byShard.values()].find((keys) => keys.length > 1) ?? [];
  assert.ok(one !== undefined && other !== undefined);
  return [one, other];
}

test("a worker takes a shard again when nothing of its former life may still commit", async () => {
  const cluster = new Cluster();
  const one = await cluster.start("w1");
  const [first, second] = neighbours();
  const shard = shardOf(addressOf(first), SHARDS);
  const { store, actors, map } = cluster;
  const lost = Promise.withResolvers<void>();
  const commit = store.commit.bind(store);
  store.commit = async (batch, lane) => {
    store.commit = commit;
    await commit(batch, lane);
    await lost.promise;
    return { result: "unknown", detail: "the answer was lost" };
  };
  void actors.ask(addressOf(first), { type: "add", cause: "1" }, "{}").catch(() => {});
  await cluster.pass(20);
  const resting = actors.ask(addressOf(second), { type: "rest", cause: "2" }, "{}");
  await cluster.pass(20);

  map.put("worker.w1", JSON.stringify({ endedBy: "w9" }));
  await cluster.pass(2_000);
  assert.equal(one.membership.isDeposed, false);
  assert.ok(!heldBy(one).includes(shard), "what was worked out before is undecided");
  assert.ok(heldBy(one).length > 0, "others wait with it");
  lost.resolve();
  await cluster.pass(1_500);

  assertWhole([one]);
  assert.equal((await resting).text, '"ok"');
  const seqs = store.journal.filter((row) => row.shard === shard).map(({ seq }) => seq);
  assert.deepEqual(seqs, Array.from(seqs, (_, index) => index + 1));
  await cluster.pass(61_000);
  assert.equal(await cluster.add(second), 2, "its alarm did not ring");
});
