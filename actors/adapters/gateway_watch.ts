/**
 * What a worker does about gateways: asks them who is there, notices their death, tells of the
 * store.
 */
import type { Sql } from "postgres";
import type { Membership } from "#engine/leases.ts";
import { inTime } from "#engine/in_time.ts";
import { LEASE_MS } from "#engine/leases.ts";
import type { Actors } from "#engine/ports/actors.ts";
import type { Bus } from "#engine/ports/bus.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import { stationKey } from "#schemas/address.ts";
import type { GatewayOrder } from "#schemas/events/gateway.ts";

/** Messages of a dead gateway's stations that are under way at once: a bulk, not a flood. */
const AT_ONCE = 500;
const STORE_LOOK_MS = 1_000;
/** A question on a connection that died is asked again on another. */
const STORE_SILENCE_MS = 2_500;
/** Below this a pause of Postgres is nobody's business: commits wait and go on. */
const STORE_AWAY_MS = 3_000;

export interface GatewayWatchParts {
  readonly sql: Sql;
  readonly bus: Bus;
  readonly actors: Actors;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Watches until the returned function is called. */
export function watchGateways(parts: GatewayWatchParts): () => void {
  const { membership, bus, clock } = parts;
  const stops: (() => void)[] = [];
  stops.push(membership.onLost("gateway", ({ id }) => void loseGateway(parts, id)));
  // Their sockets are older than this worker: only they know which are still open.
  const stopJoined = membership.onJoined("gateway", ({ id }) => order(bus, id, ANNOUNCE));
  stops.push(clock.schedule(2 * LEASE_MS, () => {
    stopJoined();
    void loseUnknownGateways(parts);
  }));
  stops.push(stopJoined, watchStore(parts));
  return () => stops.forEach((stop) => stop());
}

const ANNOUNCE: GatewayOrder = { order: "announce" };

function order(bus: Bus, gateway: string, what: GatewayOrder): void {
  bus.tell(`gateway.${gateway}`, JSON.stringify(what));
}

/** Gateways that died while no worker looked. */
async function loseUnknownGateways(parts: GatewayWatchParts): Promise<void> {
  const { sql, membership, telemetry } = parts;
  try {
    const rows = await sql<{ gateway: string }[]>`
      SELECT DISTINCT gateway FROM stations WHERE connected AND gateway IS NOT NULL`;
    const alive = new Set(membership.members("gateway").map(({ id }) => id));
    const lost = rows.map(({ gateway }) => gateway).filter((gateway) => !alive.has(gateway));
    await Promise.all(lost.map((gateway) => loseGateway(parts, gateway)));
  } catch (error) {
    telemetry.log("warn", "lost gateways could not be read", { error: String(error) });
  }
}

/** Its stations are unreachable; their sessions go on. */
async function loseGateway(parts: GatewayWatchParts, gateway: string): Promise<void> {
  const { sql, actors, telemetry } = parts;
  try {
    const stations = await sql<{ tenant: string; id: string }[]>`
      SELECT tenant, id FROM stations WHERE connected AND gateway = ${gateway}`;
    telemetry.log("info", "a gateway is gone", { gateway, stations: stations.length });
    for (let start = 0; start < stations.length; start += AT_ONCE) {
      // deno-lint-ignore no-await-in-loop -- bounded bulks
      await Promise.allSettled(
        stations.slice(start, start + AT_ONCE).map(({ tenant, id }) => {
          const to = { tenant, kind: "charger", key: stationKey(id) };
          const header = { type: "gateway.lost", cause: `gateway ${gateway} lost` };
          return actors.ask(to, header, JSON.stringify({ gateway }));
        }),
      );
    }
  } catch (error) {
    telemetry.log("warn", "a lost gateway could not be told", { gateway, error: String(error) });
  }
}

/** Tells gateways how long Postgres has been away (design rule 1.8). */
function watchStore({ sql, bus, membership, clock, telemetry }: GatewayWatchParts): () => void {
  let answeredAt = clock.monotonic();
  let isAway = false;
  let isAsking = false;
  let cancel = (): void => {};
  const tellAll = (awayMs: number | null): void => {
    for (const { id } of membership.members("gateway")) order(bus, id, { order: "store", awayMs });
  };
  const look = (): void => {
    cancel = clock.schedule(STORE_LOOK_MS, look);
    if (!isAsking) {
      isAsking = true;
      const askedAt = clock.monotonic();
      inTime(clock, STORE_SILENCE_MS, sql`SELECT 1`)
        .then(() => answeredAt = Math.max(answeredAt, askedAt), () => undefined)
        .finally(() => isAsking = false);
    }
    const awayMs = clock.monotonic() - answeredAt;
    if (awayMs > STORE_AWAY_MS) {
      if (!isAway) telemetry.log("warn", "Postgres is away", { awayMs });
      isAway = true;
      tellAll(awayMs);
    } else if (isAway) {
      isAway = false;
      telemetry.log("info", "Postgres is back");
      tellAll(null);
    }
  };
  look();
  return () => cancel();
}
