/** Gateways and workers as processes over real Postgres and NATS, and stations on real sockets. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import postgres, { type Sql } from "postgres";
import type { Actors } from "#engine/ports/actors.ts";
import type { Bus } from "#engine/ports/bus.ts";
import { stationKey } from "#schemas/address.ts";
import type { CommandDescription, StationDescription } from "#schemas/events/charger.ts";
import { type Cluster, joinCluster } from "#start/cluster.ts";
import { freePort } from "#start/free_port.ts";
import { actorsOf } from "#start/platform.ts";
import { type OwnNats, ownNats, testPostgres } from "#start/testing.ts";
import { runStart, type StartRun } from "#start/testing_start.ts";
import { waitUntil } from "#start/waiting.ts";
import { connect, type ConnectOptions, type TestStation } from "./testing.ts";

const role = fileURLToPath(new URL("../start/role.ts", import.meta.url));

/** A gateway's process and where it listens. */
export interface GatewayRun extends StartRun {
  readonly port: number;
}

export interface Stage {
  readonly sql: Sql;
  readonly nats: OwnNats;
  readonly actors: Actors;
  readonly bus: Bus;
  worker(name: string): Promise<StartRun>;
  /** On a port of its own unless one is given. */
  gateway(more?: Readonly<Record<string, string>>, port?: number): Promise<GatewayRun>;
  close(): Promise<void>;
}

export async function startStage(): Promise<Stage> {
  const [database, nats] = [await testPostgres(), await ownNats()];
  const sql = postgres(database.url, { max: 2 });
  const runs: StartRun[] = [];
  const cluster: Cluster = await joinCluster({
    ...{ natsUrl: nats.url, process: "test", logLevel: "error", logFormat: "json" },
  });
  const environment = {
    ...{ DATABASE_URL: database.url, NATS_URL: nats.url, AUTO_REGISTER_STATIONS: "1" },
    ...{ LOG_FORMAT: "json", METRICS_PORT: "0", HOST: "127.0.0.1" },
    SERVER_KEY: "a server key that only tests use",
  };
  const run = async (name: string, more: Readonly<Record<string, string>>): Promise<StartRun> => {
    const started = runStart({ ...environment, ...more }, [name], role);
    runs.push(started);
    assert.ok(await started.says('"ready"'), started.output());
    return started;
  };
  await run("worker", { WORKER_NAME: "first" });
  return {
    ...{ sql, nats, bus: cluster.bus, actors: await actorsOf(cluster, database.url) },
    worker: (name) => run("worker", { WORKER_NAME: name }),
    gateway: async (more, port) => {
      const listens = port ?? await freePort();
      return { ...await run("gateway", { ...more, OCPP_PORT: `${listens}` }), port: listens };
    },
    close: async () => {
      // Also one that a test has frozen ends by this signal.
      for (const { child } of runs) child.kill("SIGKILL");
      await Promise.all(runs.map((started) => started.ended()));
      await cluster.close();
      await sql.end({ timeout: 1 });
      await database.close();
      await nats.close();
    },
  };
}

export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  assert.ok(await waitUntil(isTrue, { timeoutMs, everyMs: 30 }), `${what} did not come`);
}

/** Connects a station; resolves when its actor knows the socket. */
export async function join(
  at: { readonly port: number },
  identity: string,
  options: ConnectOptions = {},
): Promise<TestStation> {
  const station = await connect(at, identity, options);
  await station.call("Heartbeat", {}, `hello ${identity}`);
  return station;
}

export async function presenceOf(
  { actors }: Stage,
  identity: string,
): Promise<StationDescription["presence"]> {
  const to = { tenant: "default", kind: "charger", key: stationKey(identity) };
  const header = { type: "station.describe", cause: "test" };
  const { text } = await actors.ask(to, header, "{}");
  return (JSON.parse(text) as StationDescription).presence;
}

/** Asks for a CALL; resolves when it is committed as sent. */
export async function request(
  { actors }: Stage,
  identity: string,
  id: string,
): Promise<CommandDescription> {
  const to = { tenant: "default", kind: "charger", key: stationKey(identity) };
  const body = { id, action: "Reset", payload: { type: "Soft" }, timeoutMs: 20_000 };
  const header = { type: "call.request", cause: `test ${id}` };
  const { text } = await actors.ask(to, header, JSON.stringify(body));
  return JSON.parse(text) as CommandDescription;
}

export async function commandStatus({ sql }: Stage, id: string): Promise<string | undefined> {
  const [row] = await sql<{ status: string }[]>`SELECT status FROM commands WHERE id = ${id}`;
  return row?.status;
}

/** How often each station became reachable or unreachable, as the journal tells. */
export async function journalled(
  { sql }: Stage,
  types: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await sql<{ actor: string; count: number }[]>`
    SELECT actor, count(*)::integer AS count FROM journal
    WHERE type = ANY(${[...types]}) AND class = 'T' GROUP BY actor`;
  return new Map(rows.map(({ actor, count }) => [actor.slice(actor.indexOf("/") + 1), count]));
}
