import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { Membership } from "./leases.ts";
import { Placement } from "./placement.ts";
import type { OwnedShard } from "./ports/store.ts";
import { SimBusWire } from "./sim/sim_bus.ts";
import { SimClock } from "./sim/sim_clock.ts";
import { SimLeaseMap, SimLeases } from "./sim/sim_leases.ts";
import { SimRandom } from "./sim/sim_random.ts";
import { SimStore } from "./sim/sim_store.ts";
import { silentTelemetry } from "./telemetry.ts";

test("a look that is asked for during the first one comes after it", async () => {
  const clock = new SimClock();
  const telemetry = silentTelemetry(clock);
  const store = new SimStore(2);
  const leases = new SimLeases(new SimLeaseMap());
  const identity = { kind: "worker", id: "w1", incarnation: "1" };
  const membership = new Membership({ store: leases, clock, telemetry, ...identity });
  await membership.start();
  const gate = Promise.withResolvers<void>();
  const takes: (readonly OwnedShard[])[] = [];
  const placement = new Placement({
    ...{ membership, id: "w1", store, clock, telemetry, newIncarnation: () => "2" },
    bus: new SimBusWire({ clock, telemetry, random: new SimRandom(1) }).end(),
    custody: {
      held: [],
      take: async (owned) => {
        takes.push(owned);
        await gate.promise;
      },
      handOver: () => Promise.resolve(),
      lose: () => {},
      endOf: () => undefined,
    },
  });

  const started = placement.start();
  await setImmediate();
  await placement.pin(0, "w1");
  await setImmediate();
  assert.equal(takes.length, 1);
  gate.resolve();
  await started;

  await placement.stop();
  await membership.stop();
});
