/**
 * One seeded bad day: stations charge while the platform is ill, then it heals and all is checked.
 */
import {
  answeredIsJournalled,
  energyIsExact,
  journalsReplay,
  nothingIsSetAside,
  sequencesAreWhole,
} from "./checkers.ts";
import { SimStation } from "./sim_station.ts";
import { calm, type Faults, World } from "./world.ts";

export interface SeededRun {
  readonly stations: number;
  readonly carsEach: number;
  readonly faults: Faults;
}

export interface RunFigures {
  readonly sessions: number;
  readonly answered: number;
  readonly crashes: number;
  readonly absences: number;
  readonly commits: number;
}

/** @throws {AssertionError} naming what does not hold. */
export async function runSeed(seed: number, plan: SeededRun): Promise<RunFigures> {
  const world = new World(seed);
  await world.startWorker();
  const stations = Array.from({ length: plan.stations }, (_, index) => {
    const uid = `TAG${index}`;
    world.tokens.set(uid.toLowerCase(), {
      uid,
      type: "ISO14443",
      status: "Accepted",
      groupId: null,
      expiresAt: null,
      concurrentSessions: index % 2,
    });
    return new SimStation(world, `SIM*${index}`, uid);
  });
  world.faults = plan.faults;
  let failure: unknown;
  const charging = stations.map((station) =>
    station.charge(plan.carsEach).catch((error) => failure ??= error)
  );
  await world.run(
    () => failure !== undefined || stations.every(({ isDone }) => isDone),
    24 * plan.carsEach,
  );
  if (failure !== undefined) throw failure;
  await Promise.all(charging);
  world.faults = calm;
  const restAt = world.clock.now() + 3_600_000;
  await world.run(() => world.clock.now() >= restAt, 2);
  nothingIsSetAside(world);
  sequencesAreWhole(world);
  answeredIsJournalled(world, stations);
  energyIsExact(world, stations);
  journalsReplay(world);
  return {
    sessions: stations.reduce((sum, { sessions }) => sum + sessions.length, 0),
    answered: stations.reduce((sum, { answered }) => sum + answered.length, 0),
    crashes: world.crashes,
    absences: world.absences,
    commits: world.store.commits,
  };
}
