/** The contract of the `Store` port: every adapter passes these cases. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { EncodedBatch, OwnedShard, Store } from "./store.ts";

export interface StoreUnderTest {
  readonly store: Store;
  close(): Promise<void>;
}

interface BatchParts {
  readonly id?: string;
  readonly prev?: number;
  readonly type?: string;
  readonly actor?: string;
  readonly class?: "T" | "S";
  readonly hasSnapshot?: boolean;
  readonly rest?: object;
}

const AT = 1_790_000_000_123;

/** A batch of one row on top of what the owner knows. */
function batchOf(owned: OwnedShard, parts: BatchParts = {}): EncodedBatch {
  const prev = parts.prev ?? owned.lastSeq;
  const { shard, epoch } = owned;
  const actor = parts.actor ?? "default:counter/a";
  const row = {
    shard,
    seq: prev + 1,
    tenant: "default",
    actor,
    class: parts.class ?? "T",
    at: AT,
    type: parts.type ?? "add",
    revision: 1,
    header: { type: "add", cause: "test" },
    body: { by: 1, "text": 'quoted "é" \\' },
    inputs: null,
    reply: { count: 1 },
    effects: [],
  };
  const snapshot = {
    actor,
    tenant: "default",
    shard,
    seq: prev + 1,
    version: 3,
    body: '{"value":"x"}',
  };
  return {
    id: parts.id ?? `batch ${shard} ${prev + 1}`,
    fence: JSON.stringify([{ shard, epoch, prev, last: prev + 1 }]),
    journal: JSON.stringify([row]),
    snapshots: parts.hasSnapshot === false ? "" : JSON.stringify([snapshot]),
    rest: parts.rest === undefined ? "" : JSON.stringify(parts.rest),
  };
}

function only(owned: readonly OwnedShard[]): OwnedShard {
  assert.equal(owned.length, 1);
  return owned[0] as OwnedShard;
}

/**
 * Runs the contract; `make` gives a store of an installation with at least 8 shards, freshly made.
 */
export function storeContract(name: string, make: () => Promise<StoreUnderTest>): void {
  const contractTest = (title: string, run: (store: Store) => Promise<void>): void => {
    test(`${name}: ${title}`, async () => {
      const { store, close } = await make();
      try {
        await run(store);
      } finally {
        await close();
      }
    });
  };

  contractTest("a commit is found again, with the samples after its snapshot", async (store) => {
    const owned = only(await store.takeShards("w1", [3]));
    assert.deepEqual(await store.commit(batchOf(owned), 0), { result: "committed" });
    const sample = batchOf(owned, { prev: 1, class: "S", hasSnapshot: false });
    assert.deepEqual(await store.commit(sample, 0), { result: "committed" });

    const stored = await store.load(["default:counter/a", "default:counter/none"]);

    assert.deepEqual([...stored.keys()], ["default:counter/a"]);
    const actor = stored.get("default:counter/a");
    assert.equal(actor?.version, 3);
    assert.equal(actor?.body, '{"value":"x"}');
    assert.deepEqual(actor?.tail.map(({ seq, at }) => [seq, at]), [[2, AT]]);
    const body = JSON.parse(actor?.tail[0]?.body ?? "null");
    assert.deepEqual(body, { by: 1, text: 'quoted "é" \\' });
    const rows = await store.journalOf("default:counter/a");
    assert.deepEqual(rows.map((row) => row.class), ["T", "S"]);
  });

  contractTest("a batch of an earlier epoch commits nothing", async (store) => {
    const old = only(await store.takeShards("w1", [3]));
    const young = only(await store.takeShards("w2", [3]));
    assert.ok(young.epoch > old.epoch);

    assert.deepEqual(await store.commit(batchOf(old), 0), { result: "stale" });

    assert.equal((await store.journalOf("default:counter/a")).length, 0);
    assert.equal(await store.stillOwns([old]), false);
    assert.equal(await store.stillOwns([young]), true);
  });

  contractTest("shards are taken only from whom the limits allow", async (store) => {
    await store.takeShards("w1#1", [2]);
    await store.takeShards("w2#1", [3]);

    const taken = await store.takeShards("w3#1", [1, 2, 3], { from: ["", "w1#1"] });

    assert.deepEqual(taken.map(({ shard }) => shard).sort(), [1, 2]);
    const owners = (await store.placement()).slice(0, 4).map(({ owner }) => owner);
    assert.deepEqual(owners, ["", "w3#1", "w3#1", "w2#1"]);
  });

  contractTest("an epoch rises to at least what is asked for", async (store) => {
    const first = only(await store.takeShards("w1", [3], { epochMin: 500 }));
    const second = only(await store.takeShards("w2", [3], { epochMin: 200 }));

    assert.deepEqual([first.epoch, second.epoch], [500, 501]);
  });

  contractTest(
    "a released shard is nobody's, and a late release changes nothing",
    async (store) => {
      const owned = only(await store.takeShards("w1", [3]));
      await store.releaseShards("w1", [owned]);
      assert.equal((await store.placement())[3]?.owner, "");

      const next = only(await store.takeShards("w2", [3], { from: [""] }));
      await store.releaseShards("w1", [owned]);
      await store.releaseShards("w2", [{ shard: 3, epoch: owned.epoch }]);

      assert.equal((await store.placement())[3]?.owner, "w2");
      assert.deepEqual(await store.commit(batchOf(owned), 0), { result: "stale" });
      assert.deepEqual(await store.commit(batchOf(next), 0), { result: "committed" });
    },
  );

  contractTest("a pin stays until it is taken away", async (store) => {
    await store.pinShard(3, "w2");
    assert.equal((await store.placement())[3]?.pinnedTo, "w2");
    await store.pinShard(3, "");
    assert.equal((await store.placement())[3]?.pinnedTo, "");
  });

  contractTest("a batch that skips or repeats a sequence number commits nothing", async (store) => {
    const owned = only(await store.takeShards("w1", [3]));
    assert.deepEqual(await store.commit(batchOf(owned, { prev: 1 }), 0), { result: "stale" });
    assert.deepEqual(await store.commit(batchOf(owned), 0), { result: "committed" });
    assert.deepEqual(await store.commit(batchOf(owned), 0), { result: "stale" });

    assert.equal((await store.journalOf("default:counter/a")).length, 1);
  });

  contractTest("a batch with two rows of one sequence number commits nothing", async (store) => {
    const owned = only(await store.takeShards("w1", [3]));
    const batch = batchOf(owned);
    const rows = JSON.parse(batch.journal) as object[];
    const doubled = { ...batch, journal: JSON.stringify([...rows, ...rows]) };

    const outcome = await store.commit(doubled, 0);

    assert.equal(outcome.result, "refused");
    assert.equal(outcome.result === "refused" && outcome.isRepeat, false);
    assert.equal((await store.journalOf("default:counter/a")).length, 0);
    assert.deepEqual(await store.commit(batch, 0), { result: "committed" });
  });

  contractTest("a take-over tells what was committed last", async (store) => {
    const owned = only(await store.takeShards("w1", [3]));
    await store.commit(batchOf(owned, { id: "the last" }), 1);

    const again = only(await store.takeShards("w1", [3]));

    assert.equal(again.lastSeq, 1);
    assert.equal(again.lastBatch, "the last");
  });

  contractTest("only what is still the owner's is taken again", async (store) => {
    const owned = await store.takeShards("w1", [3, 5]);
    const lost = only(await store.takeShards("w2", [5]));

    const again = only(await store.retakeShards("w1", [3, 5]));

    assert.equal(again.shard, 3);
    assert.ok(again.epoch > (owned.find(({ shard }) => shard === 3)?.epoch ?? 0));
    assert.equal(await store.stillOwns([lost, again]), true);
    assert.deepEqual(await store.retakeShards("w1", [5]), []);
  });

  contractTest("takes at the same time leave one epoch, known to one of them", async (store) => {
    const takes = await Promise.allSettled(
      Array.from({ length: 4 }, () => store.retakeShards("", [3])),
    );

    const taken = takes.flatMap((take) => take.status === "fulfilled" ? take.value : []);
    const newest = Math.max(...taken.map(({ epoch }) => epoch));
    const holders = taken.filter(({ epoch }) => epoch === newest);
    assert.equal(holders.length, 1);
    assert.equal(await store.stillOwns(holders), true);
  });

  contractTest("a tell received twice is refused as a repeat, whole", async (store) => {
    const owned = only(await store.takeShards("w1", [3]));
    const inbox = [{ id: "x#1.0", tenant: "default" }];
    assert.deepEqual(await store.commit(batchOf(owned, { rest: { inbox } }), 0), {
      result: "committed",
    });

    const outcome = await store.commit(batchOf(owned, { prev: 1, rest: { inbox } }), 0);

    assert.equal(outcome.result, "refused");
    assert.equal(outcome.result === "refused" && outcome.isRepeat, true);
    assert.equal(outcome.result === "refused" && outcome.repeated, "x#1.0");
    assert.equal((await store.journalOf("default:counter/a")).length, 1);
  });

  contractTest("alarms are armed, armed again and disarmed; tells acknowledged", async (store) => {
    const owned = only(await store.takeShards("w1", [3]));
    const actor = "default:counter/a";
    const alarm = (name: string, generation: number): object => (
      { actor, name, tenant: "default", shard: 3, due: AT, generation, event: '{"type":"x"}' }
    );
    const told = { id: "a#1.0", tenant: "default", shard: 3, receiver: "b", event: "{}" };
    await store.commit(
      batchOf(owned, { rest: { armed: [alarm("one", 1), alarm("two", 1)], outbox: [told] } }),
      0,
    );
    const disarmed = [{ actor, name: "two" }];
    await store.commit(
      batchOf(owned, { prev: 1, rest: { armed: [alarm("one", 2)], disarmed } }),
      0,
    );

    const alarms = await store.alarms([3]);
    assert.deepEqual(alarms.map(({ name, generation, due }) => [name, generation, due]), [
      ["one", 2, AT],
    ]);
    assert.deepEqual((await store.outbox([3])).map(({ id }) => id), ["a#1.0"]);
    await store.acknowledgeOutbox(["a#1.0"]);
    assert.equal((await store.outbox([3])).length, 0);
  });
}
