import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { randomPassword } from "#start/postgres_cluster.ts";
import { freePort } from "#start/free_port.ts";
import { type NatsCluster, natsCluster } from "#start/testing_nats_cluster.ts";
import { PlatformRest } from "../platform_rest.ts";
import { LinkProxy } from "./link_proxy.ts";
import { OwnPostgres } from "./own_postgres.ts";
import { type Role, RoleProcess } from "./role_process.ts";

export interface StageOptions {
  readonly folder: string;
  readonly workers: number;
  readonly gateways: number;
  readonly apis: number;
}

/** The links of one worker, which can be cut. */
export interface CuttableLinks {
  readonly worker: RoleProcess;
  readonly nats: readonly LinkProxy[];
  readonly postgres: LinkProxy;
}

type Environment = Readonly<Record<string, string>>;

/**
 * A whole cluster on loopback: three NATS servers, Postgres, and each role as processes of its own.
 * The links of the first worker go through proxies.
 */
export class ChaosStage {
  readonly nats: NatsCluster;
  readonly postgres: OwnPostgres;
  readonly workers: readonly RoleProcess[];
  readonly gateways: readonly RoleProcess[];
  readonly apis: readonly RoleProcess[];
  /** Of the gateways, without an identity. */
  readonly ocppUrls: readonly string[];
  /** One for each api. */
  readonly rests: readonly PlatformRest[];
  readonly links: CuttableLinks | undefined;

  private constructor(parts: Omit<ChaosStage, "close" | "processes" | "rest">) {
    this.nats = parts.nats;
    this.postgres = parts.postgres;
    this.workers = parts.workers;
    this.gateways = parts.gateways;
    this.apis = parts.apis;
    this.ocppUrls = parts.ocppUrls;
    this.rests = parts.rests;
    this.links = parts.links;
  }

  /** Resolves when every process is ready. */
  static async start(options: StageOptions): Promise<ChaosStage> {
    mkdirSync(join(options.folder, "postgres"), { recursive: true });
    const [nats, postgres] = await Promise.all([
      natsCluster(),
      OwnPostgres.start(join(options.folder, "postgres")),
    ]);
    const operatorKey = randomPassword();
    const environment = {
      HOST: "127.0.0.1",
      DATABASE_URL: postgres.url(),
      NATS_URL: nats.url,
      NATS_REPLICAS: "3",
      OPERATOR_API_KEY: operatorKey,
      SERVER_KEY: randomPassword() + randomPassword(),
      LOG_LEVEL: "info",
      METRICS_PORT: "0",
    };
    const proxies = await proxiesOf(nats, postgres);
    const proxied = {
      DATABASE_URL: postgres.url(proxies.postgres.port),
      NATS_URL: proxies.nats.map(({ port }) => `nats://127.0.0.1:${port}`).join(","),
    };
    const start = processStarter(options.folder, environment);
    const workers = numbered(options.workers).map((number) =>
      start("worker", number, number === 1 ? proxied : {})
    );
    const ports = await freePorts(options.gateways + options.apis);
    const gateways = numbered(options.gateways).map((number) =>
      start("gateway", number, { OCPP_PORT: `${ports[number - 1]}` })
    );
    const apiPorts = ports.slice(options.gateways);
    const apis = numbered(options.apis).map((number) =>
      start("api", number, { HTTP_PORT: `${apiPorts[number - 1]}` })
    );
    const [worker] = workers;
    const stage = new ChaosStage({
      nats,
      postgres,
      workers,
      gateways,
      apis,
      ocppUrls: ports.slice(0, options.gateways).map((port) => `ws://127.0.0.1:${port}/ocpp`),
      rests: apiPorts.map((port) => new PlatformRest(`http://127.0.0.1:${port}`, operatorKey)),
      links: worker === undefined ? undefined : { worker, ...proxies },
    });
    await stage.#spawnAll();
    return stage;
  }

  get processes(): readonly RoleProcess[] {
    return [...this.workers, ...this.gateways, ...this.apis];
  }

  /** Of the first api. */
  get rest(): PlatformRest {
    const [rest] = this.rests;
    if (rest === undefined) throw new Error("Cannot ask: there is no api");
    return rest;
  }

  async close(): Promise<void> {
    await Promise.all(this.processes.map((one) => {
      one.thaw();
      return one.kill();
    }));
    for (const proxy of [...this.links?.nats ?? [], this.links?.postgres]) proxy?.close();
    await this.postgres.stopShort();
    await this.nats.close();
  }

  /** Workers first, one ahead of the others: it makes the tables. */
  async #spawnAll(): Promise<void> {
    const [first, ...others] = this.processes;
    first?.spawn();
    await first?.ready();
    others.forEach((one) => one.spawn());
    await Promise.all(others.map((one) => one.ready()));
  }
}

function numbered(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

function processStarter(
  folder: string,
  environment: Environment,
): (role: Role, number: number, own: Environment) => RoleProcess {
  return (role, number, own) => {
    const name = `${role}${number}`;
    rmSync(join(folder, name), { recursive: true, force: true });
    const named: Environment = role === "worker" ? { WORKER_NAME: name } : {};
    return new RoleProcess({
      role,
      name,
      folder,
      environment: { ...environment, ...named, ...own },
    });
  };
}

async function proxiesOf(
  nats: NatsCluster,
  postgres: OwnPostgres,
): Promise<Omit<CuttableLinks, "worker">> {
  return {
    nats: await Promise.all(nats.servers.map(({ port }) => LinkProxy.to(port))),
    postgres: await LinkProxy.to(postgres.port),
  };
}

async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  // deno-lint-ignore no-await-in-loop -- a port is free until it is taken
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}
