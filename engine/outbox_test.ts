// deno-lint-ignore-file no-await-in-loop -- one moment after the other.
import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";
import { PlatformError } from "#schemas/errors.ts";
import { Outbox } from "./outbox.ts";
import type { Actors } from "./ports/actors.ts";
import type { OutboxRow } from "./ports/store.ts";
import { SimClock } from "./sim/sim_clock.ts";
import { SimStore } from "./sim/sim_store.ts";
import { silentTelemetry } from "./telemetry.ts";

const row: OutboxRow = { id: "a#1.0", receiver: "default:counter/b", event: '{"type":"add"}' };

function outboxOf(clock: SimClock, store: SimStore, ask: Actors["ask"]): Outbox {
  return new Outbox({ store, actors: { ask }, clock, telemetry: silentTelemetry(clock) });
}

test("an acknowledgement that does not reach the store is made up for", async () => {
  const [clock, store] = [new SimClock(), new SimStore(8)];
  const acknowledged: string[] = [];
  let failures = 2;
  store.acknowledgeOutbox = (ids) => {
    if (failures-- > 0) return Promise.reject(new PlatformError("timed-out", "Cannot reach it"));
    acknowledged.push(...ids);
    return Promise.resolve();
  };
  const outbox = outboxOf(clock, store, () => Promise.resolve({ text: "{}", journalled: true }));

  outbox.send(row);
  for (let second = 0; second < 5; second++) {
    await turn();
    clock.advance(1_000);
  }

  assert.deepEqual(acknowledged, [row.id]);
});

test("a tell that is refused is sent ever more seldom, one that is not answered soon again", async () => {
  for (const [kind, least, most] of [["bug", 20, 40], ["unavailable", 2_800, 3_000]] as const) {
    const clock = new SimClock();
    let asks = 0;
    const outbox = outboxOf(clock, new SimStore(8), () => {
      asks++;
      return Promise.reject(new PlatformError(kind, "Cannot take it"));
    });

    outbox.send(row);
    for (let minute = 0; minute < 24 * 60 * 2; minute++) {
      await turn();
      clock.advance(30_000);
    }

    assert.ok(asks >= least && asks <= most, `${kind}: ${asks} in a day`);
  }
});

test("a tell whose shard goes and comes back is under way once, not twice", async () => {
  const clock = new SimClock();
  let asks = 0;
  const outbox = outboxOf(clock, new SimStore(8), () => {
    asks++;
    return Promise.reject(new PlatformError("bug", "Cannot take it"));
  });
  for (let moves = 0; moves < 20; moves++) {
    outbox.send(row);
    await turn();
    outbox.keep(() => false);
  }

  outbox.send(row);
  asks = 0;
  for (let minute = 0; minute < 10; minute++) {
    await turn();
    clock.advance(60_000);
  }

  assert.ok(asks >= 3 && asks <= 11, `${asks} in ten minutes`);
});
