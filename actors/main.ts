/** The worker: the actors of the charging platform over Postgres and the bus. */
import postgres from "postgres";
import { PostgresJournal } from "#engine/adapters/postgres_journal.ts";
import { endingWhenSilent } from "#engine/adapters/postgres_socket.ts";
import { postgresStore } from "#engine/adapters/postgres_store.ts";
import { Host } from "#engine/host.ts";
import { Membership } from "#engine/leases.ts";
import { OwnershipProof } from "#engine/ownership.ts";
import { ownerText, Placement } from "#engine/placement.ts";
import type { Actors } from "#engine/ports/actors.ts";
import type { Bus } from "#engine/ports/bus.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { FactPublisher } from "#engine/ports/facts.ts";
import type { LeaseStore } from "#engine/ports/leases.ts";
import type { Random } from "#engine/ports/random.ts";
import type { Store } from "#engine/ports/store.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import type { Tracer } from "#engine/tracing.ts";
import type { Retention } from "#schemas/config.ts";
import { keepCampaigns } from "./adapters/campaigns.ts";
import { watchSessions } from "./adapters/fleet_metrics.ts";
import { keepFrameLog } from "./adapters/frame_log.ts";
import { followTokens } from "./adapters/following_lists.ts";
import { watchGateways } from "./adapters/gateway_watch.ts";
import { keepHouse } from "./adapters/housekeeping.ts";
import { inputProviders } from "./adapters/input_providers.ts";
import { TokenCache } from "./adapters/token_cache.ts";
import { deriveFromJournal } from "./derived.ts";
import { kinds } from "./kinds.ts";

/** Longer than its longest statement, the first read of a million tokens in bites. */
const SILENCE_MS = 15_000;
/** Below what process supervisors wait after SIGTERM (30 s). */
const DRAIN_MS = 15_000;
/** After a start there is more urgent work. */
const FIRST_HOUSE_MS = 10 * 60_000;
const DAY_MS = 24 * 60 * 60 * 1_000;

export interface WorkerOptions {
  /** Of the process and this start of it. */
  readonly id: string;
  /**
   * The worker's name in the cluster: one that comes back under its name takes its shards at once.
   * No two processes may have one name.
   */
  readonly name: string;
  readonly databaseUrl: string;
  readonly bus: Bus;
  readonly actors: Actors;
  readonly publisher: FactPublisher;
  readonly leases: LeaseStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly tracer?: Tracer | undefined;
  /** Whether unknown stations may register themselves. */
  readonly autoRegister: boolean;
  /** A station that is away for longer is an alert. */
  readonly offlineAlertMinutes: number;
  /** How long what is kept. */
  readonly retention: Retention;
  /** Another process has this worker's name: this one must end. */
  readonly onReplaced?: () => void;
}

export interface RunningWorker {
  readonly host: Host;
  readonly membership: Membership;
  readonly placement: Placement;
  readonly store: Store;
  /** Hands its shards to other workers, as far as there are any. */
  drain(): Promise<void>;
  /** Takes nothing more, commits what it took, and lets go. Repeatable. */
  close(): Promise<void>;
}

/** Takes its part of the shards, and resolves when the actors answer. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { id, name, databaseUrl, bus, actors, clock, telemetry } = options;
  const life = ownerText({ id: name, incarnation: id });
  const label = `statewatt worker ${name}`;
  const sql = postgres(databaseUrl, {
    ...endingWhenSilent(SILENCE_MS),
    max: 4,
    backoff: () => 0.2,
    connection: { application_name: label },
  });
  const store = postgresStore({ url: databaseUrl, owner: life, clock });
  const journal = new PostgresJournal({ url: databaseUrl, name: label, clock });
  const tokens = new TokenCache({ sql, bus, clock, telemetry });
  await tokens.start();
  const membership = await join(options);
  const ownership = proveOwnership(options, membership, () => store.stillOwns(host.custody.held));
  const host: Host = new Host({
    owner: () => ownerText({ id: name, incarnation: membership.incarnation }),
    ...{ kinds, store, bus, actors, clock, telemetry, ownership },
    inputs: inputProviders({ ...options, sql, tokens }),
    tracer: options.tracer,
    onCommitted: (rows) => derived.hint(rows),
  });
  await host.start();
  const placement = new Placement({
    ...{ membership, id: name, store, custody: host.custody, bus, clock, telemetry },
    newIncarnation: () => options.random.uuid().slice(0, 13),
    onTaken: (shards) => taken.forEach((take) => take(shards)),
    ...(options.onReplaced === undefined ? {} : { onReplaced: options.onReplaced }),
  });
  const taken = new Set<(shards: readonly number[]) => void>();
  const derived = deriveFromJournal({ ...options, journal, host, placement });
  await placement.start();
  const stops = [
    keepFrameLog(sql, bus, { telemetry, isOurs: () => placement.leads("frame-log") }),
    watchSessions(sql, clock, telemetry),
    watchGateways({
      ...{ id: name, sql, bus, actors, membership, clock, telemetry },
      holds: (address) => host.custody.holdsActor(address),
      onShardsTaken: (take) => {
        taken.add(take);
        return () => void taken.delete(take);
      },
    }),
    followTokens({
      ...{ sql, actors, clock, telemetry },
      isOurs: () => placement.leads("following-lists"),
    }),
    keepCampaigns({ sql, actors, clock, telemetry, isOurs: () => placement.leads("campaigns") }),
    everyQuarterDay(clock, async () => {
      if (placement.leads("housekeeping")) await keepHouse(options);
    }),
  ];
  const close = async (): Promise<void> => {
    await placement.stop();
    await host.stop();
    stops.forEach((stop) => stop());
    tokens.close();
    ownership.stop();
    await Promise.all([membership.stop(), derived.stop()]);
    await Promise.all([store.close(), journal.close(), sql.end({ timeout: 2 })]);
  };
  let closing: Promise<void> | undefined;
  return {
    ...{ host, membership, placement, store },
    drain: () => placement.drain(DRAIN_MS),
    close: () => closing ??= close(),
  };
}

async function join({ id, name, leases, clock, telemetry }: WorkerOptions): Promise<Membership> {
  const identity = { kind: "worker", id: name, incarnation: id };
  const membership = new Membership({ store: leases, clock, telemetry, ...identity });
  await membership.start();
  return membership;
}

function proveOwnership(
  { clock, telemetry }: WorkerOptions,
  membership: Membership,
  stillOwns: () => Promise<boolean>,
): OwnershipProof {
  const ownership = new OwnershipProof({ membership, clock, telemetry, stillOwns });
  ownership.start();
  return ownership;
}

function everyQuarterDay(clock: Clock, run: () => Promise<void>): () => void {
  let cancel = (): void => {};
  const arm = (delayMs: number): void => {
    cancel = clock.schedule(delayMs, () => void run().then(() => arm(DAY_MS / 4)));
  };
  arm(FIRST_HOUSE_MS);
  return () => cancel();
}
