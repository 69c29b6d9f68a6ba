/** What a seed has in store: sizes and chances, drawn by the seed itself ("swarm"). */
import { type BusFaults, noFaults } from "#engine/sim/sim_bus.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { type LinkFaults, soundLink } from "./process_link.ts";

/** Mean time between two disasters of a kind, in virtual ms; Infinity = never. */
export interface Disasters {
  readonly kill: number;
  readonly drain: number;
  readonly freeze: number;
  readonly leasesCut: number;
  readonly leasesAway: number;
  readonly busCut: number;
  readonly storeAway: number;
  readonly streamAway: number;
  readonly wallJump: number;
  readonly move: number;
}

export interface Plan {
  readonly seed: number;
  readonly stations: number;
  readonly shards: number;
  readonly workers: number;
  readonly gateways: number;
  /** Time between two things that happen at one station, in ms. */
  readonly paceMs: number;
  readonly operatorPaceMs: number;
  readonly bus: BusFaults;
  readonly link: LinkFaults;
  readonly disasters: Disasters;
}

const never: Disasters = {
  kill: Infinity,
  drain: Infinity,
  freeze: Infinity,
  leasesCut: Infinity,
  leasesAway: Infinity,
  busCut: Infinity,
  storeAway: Infinity,
  streamAway: Infinity,
  wallJump: Infinity,
  move: Infinity,
};

/** A day without faults. */
export function calmPlan(seed: number): Plan {
  return {
    ...{ seed, stations: 4, shards: 8, workers: 2, gateways: 2 },
    ...{ paceMs: 1_500, operatorPaceMs: 3_000 },
    ...{ bus: noFaults, link: soundLink, disasters: never },
  };
}

/** Some seeds meet many kinds of faults at once, some only one: each hides what others show. */
export function planOf(seed: number): Plan {
  const random = new SimRandom(seed);
  const often = (p: number, max: number): number => random.chance(p) ? random.fraction() * max : 0;
  const every = (p: number, leastMs: number): number =>
    random.chance(p) ? leastMs * (1 + 4 * random.fraction()) : Infinity;
  return {
    seed,
    stations: 2 + random.integer(8),
    shards: 8,
    workers: 1 + random.integer(4),
    gateways: 1 + random.integer(3),
    paceMs: 300 + random.integer(3_000),
    operatorPaceMs: 200 + random.integer(8_000),
    bus: {
      dropped: often(0.5, 0.06),
      doubled: often(0.5, 0.1),
      late: often(0.5, 0.2),
      lateMsMax: 100 + random.integer(4_000),
    },
    link: {
      refused: often(0.4, 0.03),
      lostBefore: often(0.4, 0.03),
      lostAfter: often(0.4, 0.03),
      late: often(0.4, 0.05),
    },
    disasters: {
      kill: every(0.6, 4_000),
      drain: every(0.3, 8_000),
      freeze: every(0.5, 5_000),
      leasesCut: every(0.4, 6_000),
      leasesAway: every(0.3, 10_000),
      busCut: every(0.4, 6_000),
      storeAway: every(0.4, 10_000),
      streamAway: every(0.4, 6_000),
      wallJump: every(0.3, 6_000),
      move: every(0.5, 4_000),
    },
  };
}
