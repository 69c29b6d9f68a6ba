/**
 * Real servers for tests. The test runner starts one of each and names them in TEST_DATABASE_URL
 * and TEST_NATS_URL; a single test file run by itself starts its own, which end with its process.
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { migrate } from "#engine/adapters/postgres_migrations.ts";
import { createDatabase, dropDatabase, prepareDatabase } from "#engine/adapters/postgres_setup.ts";
import { freePort } from "./free_port.ts";
import { type Guarded, spawnGuarded } from "./guarded_child.ts";
import { findNatsServer } from "./nats_binary.ts";
import { isHealthy, natsConfiguration } from "./nats_server.ts";
import { postgresBinaries } from "./postgres_binaries.ts";
import { ensureCluster, randomPassword, superuser } from "./postgres_cluster.ts";
import { isReady, serverCommand } from "./postgres_server.ts";
import { StartError } from "./start_error.ts";
import { unprivilegedUser } from "./system_user.ts";
import { waitUntil } from "./waiting.ts";

export interface TestPostgres {
  /** Of a migrated database that nobody else uses. */
  readonly url: string;
  close(): Promise<void>;
}

export interface TestNats {
  readonly url: string;
  readonly port: number;
  readonly monitorPort: number;
  close(): Promise<void>;
}

/**
 * A NATS server of one test, to be killed and brought back on the same ports with the same store.
 */
export interface OwnNats extends TestNats {
  /** Like kill -9. */
  kill(): Promise<void>;
  restart(): Promise<void>;
}

interface Server {
  readonly url: string;
  end(): Promise<void>;
}

const readyTimeoutMs = 60_000;
/** Migrated once per server and then only copied. */
const templateDatabase = "statewatt_template";
let sharedPostgres: Promise<Server> | undefined;
let sharedNats: Promise<OwnNats> | undefined;

/** A new migrated database; `close` drops it. */
export async function testPostgres(): Promise<TestPostgres> {
  const serverUrl = process.env["TEST_DATABASE_URL"] ?? (await ownPostgres()).url;
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  const url = await createDatabase(serverUrl, name, templateDatabase);
  await migrate(url);
  return { url, close: () => dropDatabase(serverUrl, name) };
}

/** A database without any table; `close` drops it. */
export async function emptyPostgres(): Promise<TestPostgres> {
  const serverUrl = process.env["TEST_DATABASE_URL"] ?? (await ownPostgres()).url;
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  const url = await createDatabase(serverUrl, name, "template1");
  return { url, close: () => dropDatabase(serverUrl, name) };
}

/** A NATS server with JetStream, shared by all tests: use names of your own on it. */
export async function testNats(): Promise<TestNats> {
  const url = process.env["TEST_NATS_URL"];
  if (url !== undefined) {
    const monitorPort = Number(process.env["TEST_NATS_MONITOR_PORT"]);
    return { url, port: Number(new URL(url).port), monitorPort, close: () => Promise.resolve() };
  }
  sharedNats ??= ownNats();
  const { port, monitorPort, url: ownUrl } = await sharedNats;
  return { url: ownUrl, port, monitorPort, close: () => Promise.resolve() };
}

/** A NATS server of the caller alone, for tests that kill it. `close` ends it. */
export async function ownNats(): Promise<OwnNats> {
  const bin = findNatsServer();
  if (bin === undefined) {
    throw new StartError("Tests need nats-server: install it or set NATS_SERVER_BIN.");
  }
  const folder = mkdtempSync(join(tmpdir(), "statewatt-test-nats-"));
  const [port, monitorPort] = [await freePort(), await freePort()];
  const configuration = join(folder, "nats.conf");
  writeFileSync(
    configuration,
    natsConfiguration({ port, monitorPort, storeFolder: join(folder, "store") }),
  );
  const command = {
    file: bin,
    args: ["-c", configuration, "-l", join(folder, "log")],
    cwd: folder,
  };
  let child = spawnGuarded(command, folder);
  const ready = (): Promise<void> => until("nats-server", child, () => isHealthy(monitorPort));
  await ready();
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    monitorPort,
    close: () => child.end(),
    kill: () => child.kill(),
    restart: async () => {
      child = spawnGuarded(command, folder);
      await ready();
    },
  };
}

function ownPostgres(): Promise<Server> {
  sharedPostgres ??= startPostgres();
  return sharedPostgres;
}

/** Starts a Postgres for tests (nothing is synced to disk); it ends with this process. */
export async function startPostgres(): Promise<Server> {
  const user = unprivilegedUser();
  const binaries = postgresBinaries(user);
  const parent = mkdtempSync(join(tmpdir(), "statewatt-test-postgres-"));
  const folder = join(parent, "cluster");
  const password = randomPassword();
  await ensureCluster(binaries, { folder, user, superuserPassword: password, isDurable: false });
  const port = await freePort();
  const command = serverCommand(binaries, folder, user, { port, isDurable: false });
  const child = spawnGuarded(command, parent);
  await until("Postgres", child, () => Promise.resolve(isReady(folder, port)));
  const at = `127.0.0.1:${port}`;
  const owner = { role: "statewatt", password: randomPassword(), database: templateDatabase };
  await prepareDatabase(`postgres://${superuser}:${password}@${at}/postgres`, owner);
  const login = `postgres://${owner.role}:${owner.password}@${at}`;
  await migrate(`${login}/${templateDatabase}`);
  return { url: `${login}/postgres`, end: () => child.end() };
}

async function until(name: string, child: Guarded, isUp: () => Promise<boolean>): Promise<void> {
  const isDone = async (): Promise<boolean> => child.hasEnded() || await isUp();
  const isInTime = await waitUntil(isDone, { timeoutMs: readyTimeoutMs });
  if (child.hasEnded()) throw new StartError(`${name} of the tests ended at once: ${child.said()}`);
  if (!isInTime) throw new StartError(`${name} of the tests did not get ready.`);
}
