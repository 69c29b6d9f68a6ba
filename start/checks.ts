/** What readiness means, by role. */
import type { RunningWorker } from "#actors/main.ts";
import { isServed } from "#engine/actor_client.ts";
import type { PostgresProbe } from "#engine/adapters/postgres_probe.ts";
import type { Bus } from "#engine/ports/bus.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { Random } from "#engine/ports/random.ts";
import type { RunningGateway } from "#gateway/main.ts";
import type { Check } from "./health.ts";

/** Design rule 1.4: beyond this, times of journal rows would go apart. */
export const CLOCK_OFF_MS_MAX = 500;
/** Whoever looks more often gets the same look. */
const GOOD_MS = 1_000;
const SERVED_WAIT_MS = 1_000;
/** Shards on their way from one worker to the next are served by nobody for a moment. */
const SHARDS_TRIED = 3;

export function natsCheck(bus: Bus): Check {
  return () => bus.isConnected() ? [] : ["nats"];
}

/** Postgres answers with our schema, and our clock is near its. */
export function postgresCheck(probe: PostgresProbe): Check {
  return async () => {
    const { isReachable, isMigrated, clockOffMs } = await probe.look();
    if (!isReachable) return ["postgres"];
    const isOff = Math.abs(clockOffMs ?? 0) > CLOCK_OFF_MS_MAX;
    return [...(isMigrated ? [] : ["migrations"]), ...(isOff ? ["clock"] : [])];
  };
}

/** It lives in the cluster and holds shards, or none is meant for it. */
export function workerCheck({ host, placement, membership }: RunningWorker): Check {
  return () => {
    if (membership.isDeposed) return ["lease"];
    return placement.isSettled || host.custody.held.length > 0 ? [] : ["shards"];
  };
}

export function gatewayCheck(gateway: Pick<RunningGateway, "isAccepting">): Check {
  return () => gateway.isAccepting() ? [] : ["sockets"];
}

/** Some worker serves shards: of those that are tried, one. */
export function workersCheck(
  { bus, clock, random, shardCount }: {
    readonly bus: Bus;
    readonly clock: Clock;
    readonly random: Random;
    readonly shardCount: () => Promise<number>;
  },
): Check {
  let last: { readonly at: number; readonly look: Promise<boolean> } | undefined;
  const isAnyServed = async (): Promise<boolean> => {
    const count = await shardCount();
    const tried = Array.from(
      { length: SHARDS_TRIED },
      () => isServed(bus, Math.floor(random.fraction() * count), SERVED_WAIT_MS),
    );
    return (await Promise.all(tried)).includes(true);
  };
  return async () => {
    const now = clock.monotonic();
    if (last === undefined || now - last.at > GOOD_MS) last = { at: now, look: isAnyServed() };
    return await last.look ? [] : ["workers"];
  };
}
