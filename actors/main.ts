/** The worker: the actors of the charging platform over Postgres and the bus. */
import postgres, { type Sql } from "postgres";
import { ensureJournalPartitions } from "#engine/adapters/postgres_migrations.ts";
import { PostgresJournal } from "#engine/adapters/postgres_journal.ts";
import { endingWhenSilent } from "#engine/adapters/postgres_socket.ts";
import { postgresStore } from "#engine/adapters/postgres_store.ts";
import { Host } from "#engine/host.ts";
import { followJournal } from "#engine/journal_follower.ts";
import { Membership, OwnershipProof } from "#engine/leases.ts";
import type { Actors } from "#engine/ports/actors.ts";
import type { Bus } from "#engine/ports/bus.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { FactPublisher } from "#engine/ports/facts.ts";
import type { LeaseStore } from "#engine/ports/leases.ts";
import { FactRelay } from "#engine/relay.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import { clockOffsets, watchSessions } from "./adapters/fleet_metrics.ts";
import { keepFrameLog } from "./adapters/frame_log.ts";
import { watchGateways } from "./adapters/gateway_watch.ts";
import { inputProviders } from "./adapters/input_providers.ts";
import { meteredTypes, meterValueProjection } from "./adapters/meter_value_projection.ts";
import { postgresMeterStore } from "./adapters/postgres_meter_store.ts";
import { TokenCache } from "./adapters/token_cache.ts";
import { kinds } from "./kinds.ts";

/** Longer than its longest statement, the first read of a million tokens in bites. */
const SILENCE_MS = 15_000;
const DAY_MS = 24 * 60 * 60 * 1_000;

export interface WorkerOptions {
  /**
   * Unique among workers and their incarnations: it names the owner of shards and of connections.
   */
  readonly id: string;
  readonly databaseUrl: string;
  readonly bus: Bus;
  readonly actors: Actors;
  readonly publisher: FactPublisher;
  readonly leases: LeaseStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Whether unknown stations may register themselves. */
  readonly autoRegister: boolean;
  /** A station that is away for longer is an alert. */
  readonly offlineAlertMinutes: number;
}

export interface RunningWorker {
  /** Takes nothing more, commits what it took, and lets go. Repeatable. */
  close(): Promise<void>;
}

/** Takes the shards, and resolves when the actors answer. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { id, databaseUrl, bus, actors, publisher, clock, telemetry } = options;
  const name = `statewatt worker ${id}`;
  const sql = postgres(databaseUrl, {
    ...endingWhenSilent(SILENCE_MS),
    max: 4,
    backoff: () => 0.2,
    connection: { application_name: name },
  });
  const store = postgresStore({ url: databaseUrl, owner: id, clock });
  const journal = new PostgresJournal({ url: databaseUrl, name, clock });
  const tokens = new TokenCache({ sql, bus, clock, telemetry });
  await tokens.start();
  const relay = new FactRelay({ reader: journal, publisher, clock, telemetry });
  const projection = followJournal({
    name: "meter-values",
    reader: journal,
    onRows: meterValueProjection(kinds, postgresMeterStore(telemetry), clockOffsets(telemetry)),
    filter: { types: meteredTypes },
    clock,
    telemetry,
  });
  const { membership, ownership } = await joinCluster(options, async () => {
    const owned = host.shards.map(({ shard, epoch, committed }) => ({
      shard,
      epoch,
      lastSeq: committed,
      lastBatch: "",
    }));
    return await store.stillOwns(owned);
  });
  const host: Host = new Host({
    owner: id,
    kinds,
    store,
    bus,
    actors,
    clock,
    telemetry,
    ownership,
    inputs: inputProviders({ ...options, sql, tokens }),
    onCommitted: (shards, withFacts) => {
      relay.hint(withFacts);
      projection.hint(shards);
    },
  });
  await host.start();
  const stops = [
    keepFrameLog(sql, bus, telemetry),
    watchSessions(sql, clock, telemetry),
    watchGateways({ sql, bus, actors, membership, clock, telemetry }),
    daily(clock, () => keepHouse(sql, clock, telemetry)),
  ];
  const close = async (): Promise<void> => {
    await host.stop();
    stops.forEach((stop) => stop());
    tokens.close();
    ownership.stop();
    await Promise.all([membership.stop(), relay.stop(), projection.stop()]);
    await Promise.all([store.close(), journal.close(), sql.end({ timeout: 2 })]);
  };
  let closing: Promise<void> | undefined;
  return { close: () => closing ??= close() };
}

async function joinCluster(
  { id, leases, clock, telemetry }: WorkerOptions,
  stillOwns: () => Promise<boolean>,
): Promise<{ membership: Membership; ownership: OwnershipProof }> {
  const identity = { kind: "worker", id, incarnation: id };
  const membership = new Membership({ store: leases, clock, telemetry, ...identity });
  await membership.start();
  const ownership = new OwnershipProof({ membership, clock, telemetry, stillOwns });
  ownership.start();
  return { membership, ownership };
}

function daily(clock: Clock, run: () => Promise<void>): () => void {
  let cancel = (): void => {};
  const arm = (): void => {
    cancel = clock.schedule(DAY_MS / 4, () => void run().then(arm));
  };
  arm();
  return () => cancel();
}

/** Partitions for the days to come; what has served its time goes. */
async function keepHouse(sql: Sql, clock: Clock, telemetry: Telemetry): Promise<void> {
  try {
    await ensureJournalPartitions(sql, new Date(clock.now()));
    await sql`DELETE FROM inbox WHERE received_at < now() - interval '7 days'`;
    await sql`DELETE FROM idempotency WHERE expires_at < now()`;
    await sql`DELETE FROM frame_log WHERE at < now() - interval '7 days'`;
  } catch (error) {
    telemetry.log("warn", "housekeeping has to wait", { error: String(error) });
  }
}
