import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { parseAddress } from "#schemas/address.ts";
import { LocalBus } from "./adapters/local_bus.ts";
import { actorsOverBus } from "./actor_client.ts";
import { Host } from "./host.ts";
import type { CommitOutcome, EncodedBatch } from "./ports/store.ts";
import { counterKind } from "./sim/counter_actor.ts";
import { SimClock } from "./sim/sim_clock.ts";
import { SimStore } from "./sim/sim_store.ts";
import { silentTelemetry } from "./telemetry.ts";

/** Commits wait at the gate. */
class GatedStore extends SimStore {
  gate: Promise<void> = Promise.resolve();

  override async commit(batch: EncodedBatch, lane: number): Promise<CommitOutcome> {
    await this.gate;
    return await super.commit(batch, lane);
  }
}

test("an alarm does not ring that a step still to be committed has armed anew", async () => {
  const clock = new SimClock();
  const telemetry = silentTelemetry(clock);
  const store = new GatedStore(1);
  const bus = new LocalBus({ clock, telemetry });
  const actors = actorsOverBus(bus, 1, clock);
  const host = new Host({
    ...{ kinds: [counterKind], store, bus, actors, clock, telemetry },
    owner: () => "w1#1",
    ownership: { mayAnswer: () => true },
    inputs: {},
    onCommitted: () => {},
  });
  await host.start();
  await host.custody.take(await store.takeShards("w1#1", [0]));
  const ask = async (type: string): Promise<unknown> => {
    const to = parseAddress("default:counter/a");
    const { text } = await actors.ask(to, { type, cause: type }, "{}");
    return JSON.parse(text);
  };
  await ask("rest");
  clock.advance(59_990);
  const gate = Promise.withResolvers<void>();
  store.gate = gate.promise;

  const again = ask("rest");
  await setImmediate();
  clock.advance(20);
  await setImmediate();
  gate.resolve();

  assert.equal(await again, "on");
  clock.advance(50_000);
  await setImmediate();
  assert.deepEqual(await ask("read"), { count: 0, sampled: 0, value: "resting" });
  clock.advance(10_000);
  await setImmediate();
  assert.deepEqual(await ask("read"), { count: 1, sampled: 0, value: "counting" });
  await host.stop();
  await bus.close();
});
