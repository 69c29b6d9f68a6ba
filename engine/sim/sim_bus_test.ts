import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import { PlatformError } from "#schemas/errors.ts";
import { busContract } from "../ports/bus_contract.ts";
import { silentTelemetry } from "../telemetry.ts";
import { SimBusWire } from "./sim_bus.ts";
import { SimClock } from "./sim_clock.ts";
import { SimRandom } from "./sim_random.ts";

function makeWire(seed = 1): { clock: SimClock; wire: SimBusWire } {
  const clock = new SimClock();
  const telemetry = silentTelemetry(clock);
  return { clock, wire: new SimBusWire({ clock, telemetry, random: new SimRandom(seed) }) };
}

/**
 * Rings one alarm after the other until it is settled; what is awaited gets its turns in between.
 */
async function during<T>(clock: SimClock, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = (): void => void (isSettled = true);
  promise.then(settle, settle);
  for (;;) {
    // deno-lint-ignore no-await-in-loop -- one alarm at a time.
    await turns(2);
    if (isSettled) break;
    clock.ringNext();
  }
  return await promise;
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    // deno-lint-ignore no-await-in-loop -- one after the other.
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}

busContract("sim bus", () => {
  const { clock, wire } = makeWire();
  const outstandingMax = 1_500;
  const asker = wire.end(outstandingMax);
  const listener = wire.end();
  return Promise.resolve({
    asker,
    listener,
    outstandingMax,
    settled: () => Promise.resolve(),
    during: (promise) => during(clock, promise),
    close: async () => {
      await asker.close();
      await listener.close();
    },
  });
});

interface Run {
  readonly heard: readonly string[];
  readonly answers: readonly string[];
}

async function faultyRun(seed: number): Promise<Run> {
  const { clock, wire } = makeWire(seed);
  const [asker, listener] = [wire.end(), wire.end()];
  const heard: string[] = [];
  listener.listen("actor.1", (text) => {
    heard.push(text);
    return text;
  });
  wire.faults = { dropped: 0.1, doubled: 0.1, late: 0.3, lateMsMax: 50 };
  const asks = Array.from({ length: 300 }, (_, index) => {
    const kind = (error: unknown): string => error instanceof PlatformError ? error.kind : "?";
    return asker.ask("actor.1", `${index}`, 1_000).catch(kind);
  });
  const answers = await during(clock, Promise.all(asks));
  return { heard, answers };
}

test("faults drop, double and reorder, and every ask is settled all the same", async () => {
  const { heard, answers } = await faultyRun(7);

  const different = new Set(heard);
  const order = heard.map(Number);
  assert.ok(different.size < 300, "some were dropped");
  assert.ok(heard.length > different.size, "some were doubled");
  assert.notDeepEqual(order, order.toSorted((one, other) => one - other), "some were late");
  assert.equal(answers.length, 300);
  answers.forEach((answer, index) => assert.ok([`${index}`, "timed-out"].includes(answer)));
});

test("the same seed gives the same run, another seed another", async () => {
  const [one, same, other] = await Promise.all([faultyRun(3), faultyRun(3), faultyRun(4)]);

  assert.deepEqual(one, same);
  assert.notDeepEqual(one, other);
});

test("a cut end neither hears nor answers", async () => {
  const { clock, wire } = makeWire();
  const [asker, crashing] = [wire.end(), wire.end()];
  crashing.listen("actor.1", (text) => text);

  wire.cut(crashing);
  const thrown = await during(clock, asker.ask("actor.1", "", 100).catch((error) => error));

  assert.ok(thrown instanceof PlatformError);
  assert.equal(thrown.kind, "unavailable");
});
