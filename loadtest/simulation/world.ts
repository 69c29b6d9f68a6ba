/**
 * The platform's engine and actors in one process under seeded faults: workers crash, messages get
 * lost.
 */
import { grantKey } from "#actors/domain/authorisation.ts";
import { setImmediate as turn } from "node:timers/promises";
import { kinds } from "#actors/kinds.ts";
import { actorsOverBus } from "#engine/actor_client.ts";
import { Host } from "#engine/host.ts";
import type { Actors } from "#engine/ports/actors.ts";
import { noFaults, type SimBus, SimBusWire } from "#engine/sim/sim_bus.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { SimStore } from "#engine/sim/sim_store.ts";
import { silentTelemetry, type Telemetry } from "#engine/telemetry.ts";
import type { GrantReply, GrantRequest, TokenRecord } from "#schemas/events/token.ts";

const SHARDS = 16;

/** Chances per message, per commit and per second. */
export interface Faults {
  readonly dropped: number;
  readonly doubled: number;
  readonly late: number;
  /** A commit whose connection is lost, before or after it. */
  readonly commitLost: number;
  /** The worker is killed within a second. */
  readonly crash: number;
  /** The store goes away within a second, for up to `AWAY_MS_MAX`. */
  readonly away: number;
}

export const calm: Faults = { dropped: 0, doubled: 0, late: 0, commitLost: 0, crash: 0, away: 0 };

/** Longer than any asker waits. */
const AWAY_MS_MAX = 40_000;

export class World {
  readonly clock = new SimClock();
  readonly random: SimRandom;
  readonly store = new SimStore(SHARDS);
  readonly tokens = new Map<string, TokenRecord>();
  readonly actors: Actors;
  crashes = 0;
  absences = 0;
  #faults: Faults = calm;
  readonly #telemetry: Telemetry;
  readonly #wire: SimBusWire;
  #worker: { host: Host; end: SimBus } | undefined;
  #transactionIds = 0;
  #incarnations = 0;

  constructor(seed: number) {
    this.random = new SimRandom(seed);
    this.#telemetry = silentTelemetry(this.clock);
    const { clock, random } = this;
    this.#wire = new SimBusWire({ clock, random, telemetry: this.#telemetry });
    this.actors = actorsOverBus(this.#wire.end(), SHARDS, this.clock);
  }

  set faults(faults: Faults) {
    this.#faults = faults;
    const { dropped, doubled, late } = faults;
    this.#wire.faults = faults === calm ? noFaults : { dropped, doubled, late, lateMsMax: 3_000 };
  }

  /** Starts a worker on what the store holds. */
  async startWorker(): Promise<void> {
    const end = this.#wire.end();
    const { clock } = this;
    const actors = actorsOverBus(end, SHARDS, clock);
    const owner = `w#${++this.#incarnations}`;
    const host = new Host({
      owner: () => owner,
      kinds,
      store: this.#unreliable(end),
      bus: end,
      actors,
      clock,
      telemetry: this.#telemetry,
      ownership: { mayAnswer: () => true },
      inputs: {
        token: (_tenant, request) => this.#token((request as { uid: string }).uid),
        grant: (tenant, request) => this.#grant(actors, tenant, request as GrantWish),
        transactionId: () => ++this.#transactionIds,
        autoRegister: () => true,
        offlineAlertMinutes: () => 5,
      },
      onCommitted: () => {},
    });
    this.#worker = { host, end };
    await host.start();
    const all = Array.from({ length: SHARDS }, (_, shard) => shard);
    await host.custody.take(await this.store.takeShards(owner, all));
  }

  /** Kill -9: nothing more leaves it, what it has not committed is gone. */
  crash(): void {
    if (this.#worker === undefined) return;
    this.crashes++;
    this.#wire.cut(this.#worker.end);
    this.#worker = undefined;
  }

  /**
   * Lets virtual time pass until `isDone`, with the faults of the world. Throws after `hoursMax`.
   */
  async run(isDone: () => boolean, hoursMax: number): Promise<void> {
    const endsAt = this.clock.now() + hoursMax * 3_600_000;
    let checkedAt = this.clock.now();
    while (!isDone()) {
      // deno-lint-ignore no-await-in-loop -- one moment after the other
      await settle();
      if (isDone()) return;
      this.clock.advance(Math.max(1, Math.min(this.clock.nextInMs ?? 1_000, 1_000)));
      if (this.clock.now() - checkedAt >= 1_000) {
        checkedAt = this.clock.now();
        // deno-lint-ignore no-await-in-loop -- as above
        await this.#maybeFail();
      }
      if (this.clock.now() > endsAt) throw new Error(`not done after ${hoursMax} virtual hours`);
    }
  }

  async #maybeFail(): Promise<void> {
    if (!this.store.isAway && this.random.fraction() < this.#faults.away) {
      this.absences++;
      this.store.isAway = true;
      const awayMs = AWAY_MS_MAX * this.random.fraction();
      this.clock.schedule(awayMs, () => this.store.isAway = false);
    }
    if (this.#worker !== undefined && this.random.fraction() < this.#faults.crash) this.crash();
    else if (this.#worker === undefined && !this.store.isAway) await this.startWorker();
  }

  /** The store as a worker sees it: connections get lost, and after its death nothing arrives. */
  #unreliable(end: SimBus): SimStore {
    const { store } = this;
    const isDead = (): boolean => this.#worker !== undefined && this.#worker.end !== end;
    return new Proxy(store, {
      get: (target, name) => {
        if (name !== "commit") {
          const value = Reflect.get(target, name, target) as unknown;
          return typeof value === "function" ? value.bind(target) : value;
        }
        return async (...args: Parameters<SimStore["commit"]>) => {
          await new Promise<void>((resolve) => this.clock.schedule(2, resolve));
          if (isDead()) return { result: "stale" as const };
          const isLost = this.random.fraction() < this.#faults.commitLost;
          if (isLost) target.faults.push(this.random.fraction() < 0.5 ? "lostBefore" : "lostAfter");
          return await target.commit(...args);
        };
      },
    });
  }

  #token(uid: string): TokenRecord | null {
    return this.tokens.get(uid.toLowerCase()) ?? null;
  }

  async #grant(actors: Actors, tenant: string, wish: GrantWish): Promise<GrantReply> {
    const token = this.#token(wish.uid);
    if (token === null || token.concurrentSessions === 0) return { granted: true };
    const key = grantKey(token);
    const { holder, replaces } = wish;
    const request: GrantRequest = {
      token: key,
      holder,
      replaces,
      limit: token.concurrentSessions,
    };
    const header = { type: "grant.request", cause: `grant ${holder}` };
    const to = { tenant, kind: "token", key };
    const { text } = await actors.ask(to, header, JSON.stringify(request), 3_000);
    return JSON.parse(text) as GrantReply;
  }
}

interface GrantWish {
  readonly uid: string;
  readonly holder: string;
  readonly replaces: readonly string[];
}

/** Lets every promise that can go on go on. */
async function settle(): Promise<void> {
  await turn();
  await turn();
}
