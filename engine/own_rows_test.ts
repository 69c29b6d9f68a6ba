import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress, shardOf } from "#schemas/address.ts";
import { actorsOverBus } from "./actor_client.ts";
import { LocalBus } from "./adapters/local_bus.ts";
import { Host } from "./host.ts";
import { counterKind } from "./sim/counter_actor.ts";
import { SimClock } from "./sim/sim_clock.ts";
import { SimStore } from "./sim/sim_store.ts";
import { silentTelemetry } from "./telemetry.ts";

const SHARDS = 4;

interface Started {
  readonly store: SimStore;
  readonly clock: SimClock;
  ask(type: string, fields?: object): Promise<unknown>;
}

/** A counter that adds how many of its rows have committed when it is asked to. */
async function start(): Promise<Started> {
  const store = new SimStore(SHARDS);
  const clock = new SimClock();
  const telemetry = silentTelemetry(clock);
  const bus = new LocalBus({ clock, telemetry });
  const actors = actorsOverBus(bus, SHARDS, clock);
  const host = new Host({
    ...{ owner: () => "w1.1", kinds: [counterKind], store, bus, actors, clock, telemetry },
    ownership: { mayAnswer: () => true },
    inputs: { draw: () => Promise.resolve(store.journal.length) },
    onCommitted: () => {},
  });
  await host.start();
  const address = parseAddress("default:counter/a");
  await host.custody.take(await store.takeShards("w1.1", [shardOf(address, SHARDS)]));
  const ask = async (type: string, fields: object = {}): Promise<unknown> => {
    const { text } = await actors.ask(address, { type, cause: "test" }, JSON.stringify(fields));
    return JSON.parse(text);
  };
  return { store, clock, ask };
}

/** Lets promises run, and the clock with them, until all have ended. */
async function ended<Value>(clock: SimClock, asked: readonly Promise<Value>[]): Promise<unknown[]> {
  let isDone = false;
  const outcomes = Promise.allSettled(asked);
  void outcomes.then(() => isDone = true);
  for (let turn = 0; turn < 8_000 && !isDone; turn++) {
    // deno-lint-ignore no-await-in-loop -- turn by turn
    await Promise.resolve();
    if (turn % 20 === 19) clock.advance(50);
  }
  return (await outcomes).map((one) => one.status === "fulfilled" ? one.value : "refused");
}

test("an input that reads the actor's own rows sees every step before it", async () => {
  const { clock, ask } = await start();

  const asked = ["add", "add", "add.own", "add", "add.own"].map((type) => ask(type));

  // 1, 2, 2 + 2 rows, 5, 5 + 4 rows.
  const counts = [1, 2, 4, 5, 9].map((count) => ({ count }));
  assert.deepEqual(await ended(clock, asked), counts);
});

test("steps that are taken back are read again once they have committed", async () => {
  const { store, clock, ask } = await start();
  await ended(clock, [ask("add")]);
  store.faults.push("lostBefore");

  const asked = ["add", "add.own"].map((type) => ask(type));

  assert.deepEqual(await ended(clock, asked), [{ count: 2 }, { count: 4 }]);
});

test("when a message is refused for its data, who reads own rows sees the others, not that", async () => {
  const { store, clock, ask } = await start();
  await ended(clock, [ask("add")]);
  store.refuses = ({ body }) => body?.includes("guilty") ?? false;

  const asked = [ask("add", { guilty: true }), ask("add"), ask("add.own"), ask("add")];

  const counts = ["refused", { count: 2 }, { count: 4 }, { count: 5 }];
  assert.deepEqual(await ended(clock, asked), counts);
  assert.equal(store.journal.length, 4);
});
