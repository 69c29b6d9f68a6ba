// deno-lint-ignore-file no-await-in-loop -- one moment after the other.
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { parseAddress } from "#schemas/address.ts";
import { toPlatformError } from "#schemas/errors.ts";
import { LocalBus } from "./adapters/local_bus.ts";
import { actorsOverBus } from "./actor_client.ts";
import { Host } from "./host.ts";
import type { OwnedShard } from "./ports/store.ts";
import { counterKind } from "./sim/counter_actor.ts";
import { SimClock } from "./sim/sim_clock.ts";
import { SimStore } from "./sim/sim_store.ts";
import { silentTelemetry } from "./telemetry.ts";

/** What became of a lost commit is known when the gate opens. */
class UndecidedStore extends SimStore {
  readonly gate = Promise.withResolvers<void>();
  isDeciding = false;

  override retakeShards(owner: string, shards: readonly number[]): Promise<readonly OwnedShard[]> {
    this.isDeciding = true;
    const taken = super.retakeShards(owner, shards);
    return this.gate.promise.then(() => taken);
  }
}

interface Started {
  readonly clock: SimClock;
  ask(type: string): Promise<unknown>;
  stop(): Promise<void>;
}

async function start(store: SimStore, draw: () => Promise<number>): Promise<Started> {
  const clock = new SimClock();
  const telemetry = silentTelemetry(clock);
  const bus = new LocalBus({ clock, telemetry });
  const actors = actorsOverBus(bus, 1, clock);
  const host = new Host({
    ...{ kinds: [counterKind], store, bus, actors, clock, telemetry },
    owner: () => "w1#1",
    ownership: { mayAnswer: () => true },
    inputs: { draw },
    onCommitted: () => {},
  });
  await host.start();
  await host.custody.take(await store.takeShards("w1#1", [0]));
  return {
    clock,
    ask: async (type) => {
      const to = parseAddress("default:counter/a");
      const { text } = await actors.ask(to, { type, cause: type }, "{}");
      return JSON.parse(text);
    },
    stop: async () => {
      await host.stop();
      await bus.close();
    },
  };
}

test("a message that is given back at whatever moment of its wait is stepped once", async () => {
  for (let moment = -20; moment < 20; moment++) {
    const store = new UndecidedStore(1);
    const draw = Promise.withResolvers<number>();
    const { ask, stop } = await start(store, () => draw.promise);
    await ask("add");
    store.faults.push("lostBefore");
    const replies = Promise.all([ask("add"), ask("add.drawn")]);
    while (!store.isDeciding) await setImmediate();

    if (moment < 0) draw.resolve(10);
    for (let turn = moment; turn < 0; turn++) await Promise.resolve();
    store.gate.resolve();
    for (let turn = 0; turn < moment; turn++) await Promise.resolve();
    draw.resolve(10);

    assert.deepEqual(await replies, [{ count: 2 }, { count: 12 }]);
    assert.deepEqual(await ask("add"), { count: 13 }, `moment ${moment}`);
    await stop();
  }
});

test("an input that never comes holds up its actor once, not again for each try", async () => {
  const { clock, ask, stop } = await start(new SimStore(1), () => new Promise(() => {}));
  const outcome = ask("add.drawn").then(String, (error) => toPlatformError(error).kind);
  let added: unknown;
  void ask("add").then((reply) => added = reply);

  for (let waited = 0; waited < 7_000 && added === undefined; waited += 50) {
    await setImmediate();
    clock.advance(50);
  }
  assert.deepEqual(added, { count: 1 });

  for (let waited = 0; waited < 20_000; waited += 50) {
    await setImmediate();
    clock.advance(50);
  }
  assert.equal(await outcome, "timed-out");
  await stop();
});
