// deno-lint-ignore-file no-await-in-loop -- a test does one thing after the other.
/** Health, metrics and operations of gateway, worker and api as processes of their own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Operator } from "#engine/adapters/nats_operations.ts";
import { operationSubject } from "#engine/adapters/nats_services.ts";
import type { ProcessStatus } from "#engine/ports/operations.ts";
import { type Cluster, joinCluster } from "./cluster.ts";
import { freePort } from "./free_port.ts";
import { type OwnNats, ownNats, type TestPostgres, testPostgres } from "./testing.ts";
import { runStart, type StartRun } from "./testing_start.ts";
import { waitUntil } from "./waiting.ts";

const role = fileURLToPath(new URL("./role.ts", import.meta.url));
const opsKey = "the key of operations that tests use";
const PATIENCE_MS = 30_000;

class Stage {
  readonly runs: StartRun[] = [];
  readonly database: TestPostgres;
  readonly nats: OwnNats;
  readonly cluster: Cluster;
  readonly operator: Operator;

  constructor(database: TestPostgres, nats: OwnNats, cluster: Cluster) {
    this.database = database;
    this.nats = nats;
    this.cluster = cluster;
    const about = { key: opsKey, user: "ada", connectionName: "a test" };
    this.operator = new Operator({ ...cluster, ...about });
  }

  /** Starts a role; resolves with its port of health when it is ready. */
  async start(name: string, environment: Record<string, string> = {}): Promise<number> {
    const port = await freePort();
    const run = runStart(
      {
        ...{ DATABASE_URL: this.database.url, NATS_URL: this.nats.url, HOST: "127.0.0.1" },
        ...{ OPS_KEY: opsKey, METRICS_PORT: String(port), LOG_FORMAT: "json" },
        ...{ SERVER_KEY: "server-key-of-a-test-with-32-characters" },
        ...{ OPERATOR_API_KEY: "operator-key-of-a-test", CODE_REVISION: "of-a-test" },
        ...environment,
      },
      [name],
      role,
    );
    this.runs.push(run);
    assert.ok(await run.says('"ready"'), run.output());
    return port;
  }

  async status(role: string): Promise<ProcessStatus> {
    const processes = await this.operator.processes(await this.operator.members());
    const found = processes.find(({ status }) => status.role === role);
    assert.ok(found !== undefined, `no ${role} among ${processes.map(({ service }) => service)}`);
    return found.status;
  }

  async close(): Promise<void> {
    await Promise.all(this.runs.map((run) => run.stop()));
    await this.cluster.close();
    await Promise.all([this.database.close(), this.nats.close()]);
  }
}

async function withStage(use: (stage: Stage) => Promise<void>): Promise<void> {
  const [database, nats] = await Promise.all([testPostgres(), ownNats()]);
  const natsUrl = nats.url;
  const about = { process: "test", logLevel: "error", logFormat: "text" } as const;
  const stage = new Stage(database, nats, await joinCluster({ natsUrl, ...about }));
  await use(stage).finally(() => stage.close());
}

interface Readiness {
  readonly status: number;
  readonly missing: readonly string[];
}

async function readiness(port: number): Promise<Readiness> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`);
  const { missing }: { missing: readonly string[] } = await response.json();
  return { status: response.status, missing };
}

/** Waits until a process misses exactly this. */
async function until(port: number, missing: readonly string[]): Promise<void> {
  let seen: readonly string[] = [];
  const isSo = async (): Promise<boolean> => {
    ({ missing: seen } = await readiness(port));
    return JSON.stringify(seen) === JSON.stringify(missing);
  };
  assert.ok(await waitUntil(isSo, { timeoutMs: PATIENCE_MS }), `missing: ${seen}`);
}

test("gateway, worker and api tell their health, their metrics and their statistics", () =>
  withStage(async (stage) => {
    const worker = await stage.start("worker", { WORKER_NAME: "w1" });
    const gateway = await stage.start("gateway", { OCPP_PORT: String(await freePort()) });
    const httpPort = await freePort();
    const api = await stage.start("api", { HTTP_PORT: String(httpPort) });

    for (const port of [worker, gateway, api, httpPort]) {
      await until(port, []);
      const health = await fetch(`http://127.0.0.1:${port}/healthz`);
      assert.deepEqual(await health.json(), { status: "ok" });
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      assert.match(metrics, /statewatt_process_resident_memory_bytes\{process="/);
    }
    const metrics = await (await fetch(`http://127.0.0.1:${worker}/metrics`)).text();
    assert.match(metrics, /statewatt_shards_held\{process="worker"\} 256/);

    const status = await stage.status("worker");
    assert.deepEqual([status.worker, status.engine?.shards.length, status.engine?.isSettled], [
      "w1",
      256,
      true,
    ]);
    assert.deepEqual([status.missing, status.postgres.isReachable], [[], true]);
    assert.equal((await stage.status("gateway")).gateway?.sockets, 0);
    assert.equal((await stage.status("api")).engine, undefined);
    const [{ version } = { version: "" }] = await stage.operator.processes();
    assert.match(version, /^\d+\.\d+\.\d+\+of-a-test$/);
  }));

test("a gateway without workers, and a drained process, are not ready", () =>
  withStage(async (stage) => {
    const worker = await stage.start("worker", { WORKER_NAME: "w1" });
    const gateway = await stage.start("gateway", { OCPP_PORT: String(await freePort()) });
    await until(gateway, []);

    await stage.runs[0]?.stop();
    await until(gateway, ["workers"]);
    await assert.rejects(fetch(`http://127.0.0.1:${worker}/healthz`));
    await stage.start("worker", { WORKER_NAME: "w2" });
    await until(gateway, []);

    const { id } = await stage.status("gateway");
    await stage.operator.ask(id, "drain", {});
    const { status, missing } = await readiness(gateway);
    assert.deepEqual([status, missing.includes("drained")], [503, true]);
    assert.equal((await stage.status("gateway")).isDrained, true);
  }));

test("NATS or Postgres gone is told by name, and over when it is back", () =>
  withStage(async (stage) => {
    const worker = await stage.start("worker", { WORKER_NAME: "w1" });
    await until(worker, []);

    await stage.nats.kill();
    await until(worker, ["nats"]);
    await stage.nats.restart();
    await until(worker, []);
  }));

test("without OPS_KEY a process lets nobody in, and says so", () =>
  withStage(async (stage) => {
    await stage.start("worker", { OPS_KEY: "" });
    const { id } = await stage.status("worker");

    await assert.rejects(stage.operator.ask(id, "audit", {}), /it has no OPS_KEY/);
    const bare = await stage.cluster.link.connection.request(operationSubject(id, "audit"), "{}");
    assert.match(bare.string(), /forbidden/);
  }));
