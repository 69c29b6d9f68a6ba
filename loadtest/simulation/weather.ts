/** Disasters at random moments. What they break they also mend, unless the supervisor does. */
import type { SimRandom } from "#engine/sim/sim_random.ts";
import type { Disasters } from "./plan.ts";
import type { Running } from "./processes.ts";
import { SimWorker } from "./sim_worker.ts";
import { SimGateway } from "./sim_gateway.ts";
import type { World } from "./world.ts";

/** A process that is to be killed makes so many calls before at most. */
const CALLS_MAX = 40;
/**
 * Far back and a little ahead: step time never goes back, so that an actor that a clock an hour
 * ahead has stepped has its alarms an hour late, too.
 */
const WALL_JUMPS_MS = [-3_600_000, -10_000, -300, 300, 10_000, 30_000];

export class Weather {
  readonly counts = new Map<keyof Disasters, number>();
  readonly #world: World;
  readonly #random: SimRandom;
  #isOver = false;
  /** What mends the disasters that last. */
  readonly #mends = new Set<() => void>();

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork();
    for (const kind of Object.keys(strikes) as (keyof Disasters)[]) this.#plan(kind);
  }

  /** The last disaster is over. */
  end(): void {
    this.#isOver = true;
    for (const mend of [...this.#mends]) mend();
  }

  #plan(kind: keyof Disasters): void {
    const meanMs = this.#world.plan.disasters[kind];
    if (meanMs === Infinity) return;
    const inMs = -Math.log(1 - this.#random.fraction()) * meanMs;
    this.#world.clock.schedule(inMs, () => {
      if (this.#isOver) return;
      this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
      strikes[kind](this);
      this.#plan(kind);
    });
  }

  get world(): World {
    return this.#world;
  }

  get random(): SimRandom {
    return this.#random;
  }

  /** A process that lives. */
  victim(): Running | undefined {
    const living = this.#world.processes.all.filter(({ ports }) => !ports.process.isDead);
    return living[this.#random.integer(Math.max(1, living.length))];
  }

  /** Breaks something for so long. */
  last(ms: number, what: string, change: (isBroken: boolean) => void): void {
    this.#world.telemetry.note(`${what} breaks`, { ms: Math.round(ms) });
    change(true);
    let isMended = false;
    const mend = (): void => {
      if (isMended) return;
      isMended = true;
      this.#mends.delete(mend);
      this.#world.telemetry.note(`${what} is mended`);
      change(false);
    };
    this.#mends.add(mend);
    this.#world.clock.schedule(ms, mend);
  }
}

const strikes: Readonly<Record<keyof Disasters, (weather: Weather) => void>> = {
  kill: (weather) => {
    const { random } = weather;
    const victim = weather.victim();
    if (victim === undefined) return;
    if (random.chance(0.3)) victim.ports.process.kill();
    else victim.ports.process.killAtCall(random.integer(CALLS_MAX));
  },
  drain: (weather) => {
    const victim = weather.victim();
    if (!(victim instanceof SimWorker || victim instanceof SimGateway)) return;
    weather.world.telemetry.note("drains", { process: victim.ports.process.name });
    void victim.close().catch(() => victim.ports.process.kill());
  },
  freeze: (weather) => {
    const process = weather.victim()?.ports.process;
    if (process === undefined) return;
    weather.last(
      weather.random.fraction() * 9_000,
      `running of ${process.name}`,
      (isBroken) => isBroken ? process.freeze() : process.wake(),
    );
  },
  leasesCut: (weather) => {
    const ports = weather.victim()?.ports;
    if (ports === undefined) return;
    const ms = weather.random.fraction() * 9_000;
    weather.last(ms, `leases of ${ports.process.name}`, (isBroken) => {
      ports.leasesEnd.isCut = isBroken || ports.process.isDead;
    });
  },
  leasesAway: (weather) => {
    const { world, random } = weather;
    weather.last(random.fraction() * 8_000, "KV", (isBroken) => world.areLeasesAway = isBroken);
  },
  busCut: (weather) => {
    const ports = weather.victim()?.ports;
    if (ports === undefined) return;
    const ms = weather.random.fraction() * 8_000;
    weather.last(ms, `NATS of ${ports.process.name}`, (isBroken) => {
      ports.busEnd.isReachable = !isBroken;
      ports.leasesEnd.isCut = isBroken || ports.process.isDead;
    });
  },
  storeAway: (weather) => {
    const { world, random } = weather;
    const ms = random.chance(0.2) ? 20_000 + random.fraction() * 20_000 : random.fraction() * 4_000;
    weather.last(ms, "Postgres", (isBroken) => world.store.isAway = isBroken);
  },
  streamAway: (weather) => {
    const { world, random } = weather;
    weather.last(random.fraction() * 6_000, "stream", (isBroken) => {
      world.stream.isAway = isBroken;
    });
  },
  wallJump: (weather) => {
    const { random } = weather;
    weather.victim()?.ports.process.jumpWall(
      WALL_JUMPS_MS[random.integer(WALL_JUMPS_MS.length)] ?? 0,
    );
  },
  move: (weather) => {
    const { world, random } = weather;
    const { workers } = world.processes;
    const living = workers.filter(({ ports }) => ports.process.isRunning);
    const mover = living[random.integer(Math.max(1, living.length))];
    const to = workers[random.integer(workers.length)];
    if (mover === undefined || to === undefined) return;
    const name = random.chance(0.2) ? "" : to.name;
    void mover.placement.pin(random.integer(world.plan.shards), name).catch(() => {});
  },
};
