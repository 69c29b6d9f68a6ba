/** Tells that come again while others are worked on: they cost one commit, not a search. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress, shardOf } from "#schemas/address.ts";
import { actorsOverBus } from "./actor_client.ts";
import { LocalBus } from "./adapters/local_bus.ts";
import { Host } from "./host.ts";
import type { Actors } from "./ports/actors.ts";
import { counterKind } from "./sim/counter_actor.ts";
import { SimClock } from "./sim/sim_clock.ts";
import { SimStore } from "./sim/sim_store.ts";
import { silentTelemetry } from "./telemetry.ts";

const SHARDS = 8;
const owner = "w1.1";
/** Actors of one lane, so that their messages share a commit. */
const crowd = Array.from({ length: 200 }, (_, index) => `default:counter/c${index}`)
  .filter((text) => shardOf(parseAddress(text), SHARDS) === 1);

async function platform(store: SimStore): Promise<{ actors: Actors; clock: SimClock }> {
  const clock = new SimClock();
  const telemetry = silentTelemetry(clock);
  const bus = new LocalBus({ clock, telemetry });
  const actors = actorsOverBus(bus, SHARDS, clock);
  const host = new Host({
    ...{ owner: () => owner, kinds: [counterKind], store, bus, actors, clock, telemetry },
    ownership: { mayAnswer: () => true },
    inputs: {},
    onCommitted: () => {},
  });
  await host.start();
  const all = Array.from({ length: SHARDS }, (_, shard) => shard);
  await host.custody.take(await store.takeShards(owner, all));
  return { actors, clock };
}

function add(actors: Actors, to: string, inbox?: string): Promise<unknown> {
  const cause = inbox ?? "test";
  const header = { type: "add", cause, ...(inbox === undefined ? {} : { inbox }) };
  return actors.ask(parseAddress(to), header, '{"type":"add","by":1}');
}

test("a repeated tell amid many messages costs one commit more, and they are all answered", async () => {
  const store = new SimStore(SHARDS);
  const { actors } = await platform(store);
  const [receiver = "", ...others] = crowd;
  for (const to of crowd) {
    // deno-lint-ignore no-await-in-loop -- all are in memory then.
    await add(actors, to);
  }
  await add(actors, receiver, "told#1.0");
  const before = store.commits;

  const first = add(actors, receiver);
  const answers = [...others.map((to) => add(actors, to)), add(actors, receiver, "told#1.0")];
  await Promise.all([first, ...answers]);

  assert.ok(store.commits - before <= 3, `${store.commits - before} commits`);
  const rows = store.journal.filter(({ actor }) => actor === receiver);
  assert.equal(rows.length, 3);
});

test("of one tell that comes twice at once one is kept, and the other confirmed only then", async () => {
  const store = new SimStore(SHARDS);
  const { actors, clock } = await platform(store);
  const [receiver = "", other = ""] = crowd;
  await add(actors, receiver);
  await add(actors, other);
  const rows = (): number =>
    store.journal.filter(({ header }) => header?.includes("told#2.0")).length;

  const busy = add(actors, other);
  const once = add(actors, receiver, "told#2.0");
  let rowsWhenConfirmed = 0;
  const twice = add(actors, receiver, "told#2.0").then(() => rowsWhenConfirmed = rows());
  await Promise.all([busy, once]);
  assert.equal(rowsWhenConfirmed, 0);
  // Withheld: its sender asks again.
  clock.advance(2_100);
  await twice;

  assert.deepEqual([rowsWhenConfirmed, rows()], [1, 1]);
});
