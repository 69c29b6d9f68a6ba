/** A cluster of workers in one process and in virtual time, for the engine's own tests. */
// deno-lint-ignore-file no-await-in-loop -- one moment after the other.
import assert from "node:assert/strict";
import { parseAddress } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import { actorsOverBus } from "../actor_client.ts";
import { Host } from "../host.ts";
import { Membership } from "../leases.ts";
import { OwnershipProof } from "../ownership.ts";
import { ownerText, Placement } from "../placement.ts";
import type { Actors } from "../ports/actors.ts";
import { silentTelemetry } from "../telemetry.ts";
import { counterKind } from "./counter_actor.ts";
import { type SimBus, SimBusWire } from "./sim_bus.ts";
import { SimClock } from "./sim_clock.ts";
import { SimLeaseMap, SimLeases } from "./sim_leases.ts";
import { SimRandom } from "./sim_random.ts";
import { SimStore } from "./sim_store.ts";

export const SHARDS = 32;

export interface Worker {
  readonly id: string;
  readonly host: Host;
  readonly membership: Membership;
  readonly placement: Placement;
  readonly leases: SimLeases;
  readonly end: SimBus;
  /** Of this worker to the store. */
  readonly line: { isCut: boolean };
}

/** The store as a worker reaches it by its own line. */
function behindLine(store: SimStore, line: { readonly isCut: boolean }): SimStore {
  return new Proxy(store, {
    get: (target, name) => {
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== "function") return value;
      if (!line.isCut) return value.bind(target);
      if (name === "commit") return () => Promise.resolve({ result: "unknown", detail: "cut" });
      return () => Promise.reject(new PlatformError("timed-out", "Cannot reach the store"));
    },
  });
}

export class Cluster {
  readonly clock = new SimClock();
  readonly store = new SimStore(SHARDS);
  readonly map = new SimLeaseMap();
  readonly wire = new SimBusWire({
    clock: this.clock,
    telemetry: silentTelemetry(this.clock),
    random: new SimRandom(1),
  });
  readonly actors: Actors = actorsOverBus(this.wire.end(), SHARDS, this.clock);
  #lives = 0;
  #asked = 0;

  async start(id: string): Promise<Worker> {
    const { clock } = this;
    const line = { isCut: false };
    const store = behindLine(this.store, line);
    const telemetry = silentTelemetry(clock);
    const end = this.wire.end();
    const leases = new SimLeases(this.map);
    const newIncarnation = (): string => `${++this.#lives}`;
    const identity = { kind: "worker", id, incarnation: newIncarnation() };
    const membership = new Membership({ store: leases, clock, telemetry, ...identity });
    await membership.start();
    const stillOwns = (): Promise<boolean> => store.stillOwns(host.custody.held);
    const ownership = new OwnershipProof({ membership, clock, telemetry, stillOwns });
    ownership.start();
    const host: Host = new Host({
      ...{ kinds: [counterKind], store, bus: end, clock, telemetry, ownership },
      owner: () => ownerText({ id, incarnation: membership.incarnation }),
      actors: actorsOverBus(end, SHARDS, clock),
      inputs: { draw: () => Promise.resolve(42) },
      onCommitted: () => {},
    });
    await host.start();
    const placement = new Placement({
      ...{
        membership,
        id,
        store,
        custody: host.custody,
        bus: end,
        clock,
        telemetry,
        newIncarnation,
      },
    });
    await placement.start();
    return { id, host, membership, placement, leases, end, line };
  }

  /** Kill -9, as the others see it. */
  kill({ end, leases }: Worker): void {
    this.wire.cut(end);
    leases.isCut = true;
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 10) {
      this.clock.advance(Math.min(10, left));
      for (let turn = 0; turn < 12; turn++) await Promise.resolve();
    }
  }

  async owners(): Promise<readonly string[]> {
    return (await this.store.placement()).map(({ owner }) => owner.split("#")[0] ?? "");
  }

  /** Adds one to a counter; gives its count then, NaN when there is no answer in 25 s. */
  async add(key: string): Promise<number> {
    const to = parseAddress(`default:counter/${key}`);
    let count: number | undefined;
    let failure: unknown;
    this.actors.ask(to, { type: "add", cause: `add ${++this.#asked}` }, "{}").then(
      ({ text }) => count = (JSON.parse(text) as { count: number }).count,
      (error) => failure = error,
    );
    for (let waited = 0; waited < 25_000 && count === undefined; waited += 10) {
      if (failure !== undefined) throw failure;
      await this.pass(10);
    }
    return count ?? NaN;
  }
}

export function heldBy({ host }: Worker): readonly number[] {
  return host.custody.held.map(({ shard }) => shard).sort((one, other) => one - other);
}

export function assertWhole(workers: readonly Worker[]): void {
  const all = workers.flatMap(heldBy).sort((one, other) => one - other);
  assert.deepEqual(all, Array.from({ length: SHARDS }, (_, shard) => shard));
}
