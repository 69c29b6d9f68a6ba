// deno-lint-ignore-file no-await-in-loop -- a test does one thing after the other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress, shardOf } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import { actorsOverBus } from "./actor_client.ts";
import { Host, type HostParts } from "./host.ts";
import type { Actors } from "./ports/actors.ts";
import type { Bus, BusHandler } from "./ports/bus.ts";
import { counterKind } from "./sim/counter_actor.ts";
import { SimClock } from "./sim/sim_clock.ts";
import { SimStore } from "./sim/sim_store.ts";
import { silentTelemetry } from "./telemetry.ts";

const SHARDS = 8;
const shardOfA = shardOf(parseAddress("default:counter/a"), SHARDS);
const allShards = Array.from({ length: SHARDS }, (_, shard) => shard);

/** Passes texts at once: what a bus may lose or delay is the bus's own test. */
function directBus(): Bus {
  const handlers = new Map<string, BusHandler>();
  return {
    ask: async (subject, text, timeoutMs) => {
      const answer = await handlers.get(subject)?.(text, timeoutMs);
      if (answer === undefined) throw new PlatformError("timed-out", `Cannot reach ${subject}`);
      return answer;
    },
    tell: (subject, text) => void handlers.get(subject)?.(text, undefined),
    listen: (subject, handler) => {
      handlers.set(subject, handler);
      return () => handlers.delete(subject);
    },
    isConnected: () => true,
    close: () => Promise.resolve(),
  };
}

interface Platform {
  readonly host: Host;
  readonly actors: Actors;
  readonly clock: SimClock;
  ask(to: string, type: string, fields?: object): Promise<unknown>;
}

async function startHost(
  store: SimStore,
  changes: Partial<HostParts> = {},
): Promise<Platform> {
  const bus = directBus();
  const clock = new SimClock();
  const actors = actorsOverBus(bus, SHARDS, clock);
  const host = new Host({
    owner: () => "w1.1",
    kinds: [counterKind],
    store,
    bus,
    actors,
    clock,
    telemetry: silentTelemetry(clock),
    ownership: { mayAnswer: () => true },
    inputs: { draw: () => Promise.resolve(42) },
    onCommitted: () => {},
    ...changes,
  });
  await host.start();
  const owner = changes.owner?.() ?? "w1.1";
  await host.custody.take(await store.takeShards(owner, allShards));
  const ask = async (to: string, type: string, fields: object = {}): Promise<unknown> => {
    const address = parseAddress(`default:counter/${to}`);
    const { text } = await actors.ask(address, { type, cause: "test" }, JSON.stringify(fields));
    return JSON.parse(text);
  };
  return { host, actors, clock, ask };
}

/** Lets promises run, and the clock with them, until the condition holds. */
async function until(clock: SimClock, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 8_000 && !holds(); turn++) {
    await Promise.resolve();
    if (turn % 20 === 19) clock.advance(50);
  }
  assert.ok(holds(), "the awaited condition did not come");
}

test("an answer comes after its commit, with journal, snapshot and view in it", async () => {
  const store = new SimStore(SHARDS);
  const { ask } = await startHost(store);

  assert.deepEqual(await ask("a", "add", { by: 2 }), { count: 2 });
  assert.deepEqual(await ask("a", "add", { by: 3 }), { count: 5 });

  assert.deepEqual(store.journal.map(({ seq, type }) => [seq, type]), [[1, "add"], [2, "add"]]);
  assert.equal(store.views.get("counters/default:counter/a")?.["count"], 5);
});

test("a restarted worker goes on from snapshot and samples", async () => {
  const store = new SimStore(SHARDS);
  const first = await startHost(store);
  await first.ask("a", "add", { by: 2 });
  for (let sample = 0; sample < 70; sample++) await first.ask("a", "sample");
  await first.host.stop();

  const second = await startHost(store, { owner: () => "w2.1" });

  assert.deepEqual(await second.ask("a", "read"), { count: 2, sampled: 70, value: "counting" });
  assert.equal(await second.ask("a", "add").then((reply) => (reply as { count: number }).count), 3);
});

test("beats and questions write nothing", async () => {
  const store = new SimStore(SHARDS);
  const { ask } = await startHost(store);
  await ask("a", "add");
  const commits = store.commits;

  assert.deepEqual(await ask("a", "beat"), { sampled: 1 });
  assert.deepEqual(await ask("a", "read"), { count: 1, sampled: 1, value: "counting" });

  assert.equal(store.commits, commits);
  assert.equal(store.journal.length, 1);
});

test("the first sample of an actor that was never stored survives a restart", async () => {
  const store = new SimStore(SHARDS);
  const first = await startHost(store);
  await first.ask("a", "beat");
  await first.ask("a", "sample");

  const second = await startHost(store, { owner: () => "w2.1" });

  assert.deepEqual(await second.ask("a", "read"), { count: 0, sampled: 2, value: "counting" });
});

test("an input is drawn, journalled and given to the step", async () => {
  const store = new SimStore(SHARDS);
  const { ask } = await startHost(store);

  assert.deepEqual(await ask("a", "add.drawn"), { count: 42 });

  assert.equal(store.journal[0]?.inputs, '{"drawn":42}');
});

test("a forward steps the other actor in the same commit", async () => {
  const store = new SimStore(SHARDS);
  const { ask } = await startHost(store);

  const reply = await ask("a", "pass", { to: "default:counter/a~1" });

  assert.deepEqual(reply, { count: 1 });
  assert.equal(store.commits, 1);
  assert.deepEqual(store.journal.map(({ actor }) => actor), [
    "default:counter/a",
    "default:counter/a~1",
  ]);
});

test("a routed sample is journalled for its actor and found again", async () => {
  const store = new SimStore(SHARDS);
  const first = await startHost(store);
  await first.ask("a~1", "add");
  await first.ask("a", "sample", { route: "a~1" });

  const second = await startHost(store, { owner: () => "w2.1" });

  assert.equal(store.journal[1]?.actor, "default:counter/a~1");
  assert.deepEqual(await second.ask("a~1", "read"), { count: 1, sampled: 1, value: "counting" });
});

test("a lost connection loses nothing: committed is answered, uncommitted is worked out again", async () => {
  for (const fault of ["lostBefore", "lostAfter"] as const) {
    const store = new SimStore(SHARDS);
    const { ask } = await startHost(store);
    await ask("a", "add");
    store.faults.push(fault);

    const replies = await Promise.all([ask("a", "add"), ask("a", "add"), ask("b", "add")]);

    assert.deepEqual(replies, [{ count: 2 }, { count: 3 }, { count: 1 }], fault);
    assert.equal(store.journal.length, 4, fault);
    const sequences = Map.groupBy(store.journal, ({ shard }) => shard);
    for (const rows of sequences.values()) {
      assert.deepEqual(rows.map(({ seq }) => seq), rows.map((_, index) => index + 1));
    }
  }
});

test("the guilty message of a refused batch is set aside, the others commit in order", async () => {
  const store = new SimStore(SHARDS);
  const { ask } = await startHost(store);
  await ask("a", "add");
  store.refuses = ({ body }) => body?.includes("guilty") ?? false;

  const outcomes = await Promise.allSettled([
    ask("a", "add"),
    ask("a", "add", { note: "guilty" }),
    ask("a", "add"),
    ask("c", "add"),
  ]);

  assert.deepEqual(outcomes.map(({ status }) => status), [
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
  ]);
  assert.deepEqual(await ask("a", "read"), { count: 3, sampled: 0, value: "counting" });
  assert.equal(store.deadLetters.length, 1);
});

test("a message on which the chart throws is quarantined, not its actor", async () => {
  const store = new SimStore(SHARDS);
  const { ask } = await startHost(store);
  await ask("a", "add");

  await assert.rejects(ask("a", "add", { poison: true }), { kind: "bug" });

  assert.match(store.deadLetters[0]?.reason ?? "", /poisoned/);
  assert.deepEqual(await ask("a", "add"), { count: 2 });
});

test("a refusal to translate changes nothing", async () => {
  const store = new SimStore(SHARDS);
  const { ask } = await startHost(store);

  await assert.rejects(ask("a", "nonsense"), { kind: "unknown-action" });

  assert.equal(store.journal.length, 0);
});

test("a tell reaches its receiver once, also when it is sent again after a restart", async () => {
  const store = new SimStore(SHARDS);
  const first = await startHost(store);
  await first.ask("a", "ship", { to: "default:counter/z" });
  await until(first.clock, () => store.journal.some(({ actor }) => actor.endsWith("/z")));
  const [told] = store.journal.filter(({ actor }) => actor.endsWith("/z"));
  const cause = JSON.parse(told?.header ?? "{}")["cause"];
  assert.equal(cause, "default:counter/a#1.0");
  await first.host.stop();

  const second = await startHost(store, { owner: () => "w2.1" });
  await second.actors.ask(
    parseAddress("default:counter/z"),
    { type: "add", cause, inbox: cause },
    '{"type":"add","by":1}',
  );

  assert.deepEqual(await second.ask("z", "read"), { count: 1, sampled: 0, value: "counting" });
});

test("an alarm rings after a restart, once", async () => {
  const store = new SimStore(SHARDS);
  const first = await startHost(store);
  await first.ask("a", "rest");
  await first.host.stop();

  const { clock, ask } = await startHost(store, { owner: () => "w2.1" });
  clock.advance(59_000);
  assert.deepEqual(await ask("a", "read"), { count: 0, sampled: 0, value: "resting" });
  clock.advance(2_000);
  await until(clock, () => store.journal.length === 2);

  assert.deepEqual(await ask("a", "read"), { count: 1, sampled: 0, value: "counting" });
  assert.equal((await store.alarms(allShards)).length, 0);
});

test("a stale owner answers nothing more", async () => {
  const store = new SimStore(SHARDS);
  const old = await startHost(store);
  await old.ask("a", "add");
  const young = await startHost(store, { owner: () => "w2.1" });
  await young.ask("a", "add");

  let heard = "";
  old.ask("a", "add").then(() => heard = "answered", (error) => heard = error.kind);
  await until(old.clock, () => heard !== "");
  assert.notEqual(heard, "answered");
  assert.deepEqual(old.host.custody.held.map(({ shard }) => shard).includes(shardOfA), false);

  assert.deepEqual(await young.ask("a", "read"), { count: 2, sampled: 0, value: "counting" });
});

test("an answer from memory is withheld while ownership is unproven", async () => {
  const store = new SimStore(SHARDS);
  const { ask } = await startHost(store, {
    ownership: { mayAnswer: () => false },
  });

  await assert.rejects(ask("a", "beat"), { kind: "timed-out" });

  assert.deepEqual(await ask("a", "add"), { count: 1 });
});

test("a message that is given back while it waits for its input is stepped and answered once", async () => {
  const store = new SimStore(SHARDS);
  const draws: ((value: number) => void)[] = [];
  const { clock, ask } = await startHost(store, {
    inputs: { draw: () => new Promise<number>((resolve) => draws.push(resolve)) },
  });
  await ask("a", "add");
  store.faults.push("lostBefore");

  const replies = Promise.all([ask("a", "add"), ask("a", "add.drawn"), ask("a", "add")]);
  await until(clock, () => draws.length === 2);
  for (const resolve of draws) resolve(10);

  assert.deepEqual(await replies, [{ count: 2 }, { count: 12 }, { count: 13 }]);
  assert.equal(store.journal.length, 4);
});

test("a stop ends though the store is away; what was not committed is not answered", async () => {
  const store = new SimStore(SHARDS);
  const { host, clock, ask } = await startHost(store);
  await ask("a", "add");
  store.isAway = true;
  let isAnswered = false;
  void ask("a", "add").then(() => isAnswered = true, () => undefined);

  let isStopped = false;
  void host.stop().then(() => isStopped = true);
  await until(clock, () => isStopped);
  store.isAway = false;
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();

  assert.equal(isAnswered, false);
  assert.equal(store.journal.length, 1);
});

test("a store that is lost while the guilty message is looked for: all else commits, in order", async () => {
  for (const fault of ["lostBefore", "lostAfter"] as const) {
    for (let clean = 0; clean < 4; clean++) {
      const store = new SimStore(SHARDS);
      const { clock, ask } = await startHost(store);
      await ask("a", "add");
      store.refuses = ({ body }) => body?.includes("guilty") ?? false;
      store.faults.push(...Array.from({ length: clean }, () => "none" as const), fault);

      const asked = Array.from(
        { length: 9 },
        (_, index) => ask(index % 3 === 2 ? "c" : "a", "add", index === 4 ? { guilty: true } : {}),
      );
      const outcomes = Promise.allSettled(asked);
      let isDone = false;
      void outcomes.then(() => isDone = true);
      await until(clock, () => isDone);

      const counts = (await outcomes).map((outcome) =>
        outcome.status === "fulfilled" ? (outcome.value as { count: number }).count : "refused"
      );
      assert.deepEqual(counts, [2, 3, 1, 4, "refused", 2, 5, 6, 3], `${fault} after ${clean}`);
      assert.equal(store.deadLetters.length, 1);
    }
  }
});

test("a full mailbox says so, and takes again when it is empty", async () => {
  const store = new SimStore(SHARDS);
  const draws: ((value: number) => void)[] = [];
  const { ask } = await startHost(store, {
    inputs: { draw: () => new Promise<number>((resolve) => draws.push(resolve)) },
  });
  await ask("a", "add");
  const drawn = ask("a", "add.drawn");
  const waiting = Array.from({ length: 256 }, () => ask("a", "add"));

  await assert.rejects(ask("a", "add"), { kind: "overloaded" });

  draws[0]?.(0);
  await drawn;
  await Promise.all(waiting);
  assert.deepEqual(await ask("a", "add"), { count: 258 });
});

test("who asks for thousands of unknown actors fills no memory", async () => {
  const { host, ask } = await startHost(new SimStore(SHARDS));
  await ask("known", "add");

  await Promise.all(Array.from({ length: 3_000 }, (_, index) => ask(`unknown${index}`, "read")));

  assert.equal(host.size, 1);
  assert.deepEqual(await ask("unknown7", "add"), { count: 1 });
  assert.deepEqual(await ask("unknown7", "read"), { count: 1, sampled: 0, value: "counting" });
  assert.equal(host.size, 2);
});
