import { LEASE_MS } from "#engine/leases.ts";
import type { SimRandom } from "#engine/sim/sim_random.ts";
import type { RoleProcess } from "./role_process.ts";
import type { ChaosStage } from "./stage.ts";

/** Something that goes wrong, and how it is put right again. */
export interface Fault {
  readonly text: string;
  /** How long it lasts, from its begin. */
  readonly lastsMs: number;
  /** Whether the platform must get by without what is broken; else it waits until that is healed. */
  readonly isBridged: boolean;
  /**
   * Nobody is told of it: what a gateway had under way is sent again later (after 2 s, then 4 s),
   * while new messages get through as soon as the shards have moved.
   */
  readonly isSilent: boolean;
  /** Resolves when the process is dead or frozen, or the server is back: the wait counts from here. */
  begin(): Promise<void>;
  /** Resolves when all processes and servers are well again. */
  heal(): Promise<void>;
}

type FaultKind = (stage: ChaosStage, random: SimRandom) => Promise<Fault> | Fault;

/** The faults of every round, in this order. */
const always: readonly FaultKind[] = [killWorker, killGateway, killNats];
/** Two of these in each round, by turns. */
const byTurns: readonly FaultKind[] = [freezeWorker, killFactsLeader, restartPostgres, cutLinks];
const BY_TURNS_AT_ONCE = 2;
/** A lease, and as much again as others need to notice and take over. */
const LONGER_THAN_A_LEASE_MS = 2 * LEASE_MS;
/** Until a supervisor has started a dead process again. */
const AWAY_MS = 4_000;

/** The faults of a round (from 0), each made when its turn has come: it looks who leads then. */
export function faultsOf(round: number): readonly FaultKind[] {
  const first = round * BY_TURNS_AT_ONCE;
  const turns = Array.from(
    { length: BY_TURNS_AT_ONCE },
    (_, index) => byTurns[(first + index) % byTurns.length],
  );
  return [...always, ...turns.filter((kind) => kind !== undefined)];
}

function killWorker(stage: ChaosStage, random: SimRandom): Fault {
  return killed(oneOf(stage.workers, random), LONGER_THAN_A_LEASE_MS);
}

function killGateway(stage: ChaosStage, random: SimRandom): Fault {
  return killed(oneOf(stage.gateways, random), AWAY_MS);
}

function killed(victim: RoleProcess, lastsMs: number): Fault {
  return {
    text: `kill -9 of ${victim.name}`,
    lastsMs,
    isBridged: true,
    isSilent: false,
    begin: () => victim.kill(),
    heal: () => {
      victim.spawn();
      return victim.ready();
    },
  };
}

function killNats(stage: ChaosStage, random: SimRandom): Fault {
  const victim = oneOf(stage.nats.servers, random);
  return {
    text: `kill -9 of NATS server ${victim.name}`,
    lastsMs: AWAY_MS,
    isBridged: true,
    isSilent: false,
    begin: () => victim.kill(),
    heal: () => victim.restart(),
  };
}

async function killFactsLeader(stage: ChaosStage, random: SimRandom): Promise<Fault> {
  const leader = await stage.nats.leaderOf("FACTS");
  if (leader === undefined) return killNats(stage, random);
  return {
    text: `kill -9 of NATS server ${leader.name}, which leads the facts`,
    lastsMs: AWAY_MS,
    isBridged: true,
    isSilent: false,
    begin: () => leader.kill(),
    heal: () => leader.restart(),
  };
}

function freezeWorker(stage: ChaosStage, random: SimRandom): Fault {
  const victim = oneOf(stage.workers, random);
  return {
    text: `SIGSTOP of ${victim.name} for longer than its lease`,
    lastsMs: LONGER_THAN_A_LEASE_MS,
    isBridged: true,
    isSilent: true,
    begin: () => {
      victim.freeze();
      return Promise.resolve();
    },
    heal: () => {
      victim.thaw();
      return Promise.resolve();
    },
  };
}

function restartPostgres(stage: ChaosStage): Fault {
  return {
    text: "Postgres stops without a checkpoint and starts again",
    lastsMs: 0,
    isBridged: true,
    isSilent: false,
    begin: async () => {
      await stage.postgres.stopShort();
      await stage.postgres.restart();
    },
    heal: () => Promise.resolve(),
  };
}

const cuts = ["NATS", "Postgres", "NATS and Postgres"] as const;

function cutLinks(stage: ChaosStage, random: SimRandom): Fault {
  const { links } = stage;
  if (links === undefined) return killWorker(stage, random);
  const which = oneOf(cuts, random);
  const proxies = [
    ...(which === "Postgres" ? [] : links.nats),
    ...(which === "NATS" ? [] : [links.postgres]),
  ];
  return {
    text: `the links from ${links.worker.name} to ${which} carry nothing`,
    lastsMs: LONGER_THAN_A_LEASE_MS,
    // With its lease it keeps its shards, which then wait for Postgres.
    isBridged: which !== "Postgres",
    isSilent: true,
    begin: () => {
      proxies.forEach((proxy) => proxy.stall());
      return Promise.resolve();
    },
    heal: () => {
      proxies.forEach((proxy) => proxy.heal());
      return Promise.resolve();
    },
  };
}

function oneOf<Item>(items: readonly Item[], random: SimRandom): Item {
  const item = items[random.integer(items.length)];
  if (item === undefined) throw new Error("Cannot choose: there is nothing");
  return item;
}
