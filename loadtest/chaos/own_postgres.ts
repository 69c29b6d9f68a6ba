import { join } from "node:path";
import process from "node:process";
import { prepareDatabase } from "#engine/adapters/postgres_setup.ts";
import { freePort } from "#start/free_port.ts";
import { type Guarded, spawnGuarded } from "#start/guarded_child.ts";
import { postgresBinaries } from "#start/postgres_binaries.ts";
import { ensureCluster, randomPassword, superuser } from "#start/postgres_cluster.ts";
import { isReady, serverCommand } from "#start/postgres_server.ts";
import { unprivilegedUser } from "#start/system_user.ts";
import { waitUntil } from "#start/waiting.ts";

const READY_MS_MAX = 60_000;
/** Many processes share it. */
const CONNECTIONS_MAX = 300;

/** A Postgres that keeps what it has acknowledged, to be stopped short and started again. */
export class OwnPostgres {
  readonly port: number;
  readonly #password: string;
  readonly #start: () => Guarded;
  readonly #isReady: (child: Guarded) => boolean;
  #child: Guarded | undefined;

  private constructor(
    port: number,
    password: string,
    life: { start: () => Guarded; isReady: (child: Guarded) => boolean },
  ) {
    this.port = port;
    this.#password = password;
    this.#start = life.start;
    this.#isReady = life.isReady;
  }

  /** Makes a cluster in `parent` and a database `statewatt` in it. Ends with this process. */
  static async start(parent: string): Promise<OwnPostgres> {
    const user = unprivilegedUser();
    const binaries = postgresBinaries(user);
    const folder = join(parent, "cluster");
    const superuserPassword = randomPassword();
    await ensureCluster(binaries, { folder, user, superuserPassword, isDurable: true });
    const port = await freePort();
    const command = serverCommand(binaries, folder, user, { port, isDurable: true });
    const args = [...command.args, "-c", `max_connections=${CONNECTIONS_MAX}`];
    const own = new OwnPostgres(port, randomPassword(), {
      start: () => spawnGuarded({ ...command, args }, parent),
      isReady: (child) => isReady(folder, port, child.pid()),
    });
    await own.restart();
    const owner = { role: "statewatt", password: own.#password, database: "statewatt" };
    const at = `127.0.0.1:${port}`;
    await prepareDatabase(`postgres://${superuser}:${superuserPassword}@${at}/postgres`, owner);
    return own;
  }

  url(port = this.port): string {
    return `postgres://statewatt:${this.#password}@127.0.0.1:${port}/statewatt`;
  }

  /** Stops it without a checkpoint: the next start recovers from the log, as after a crash. */
  async stopShort(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.hasEnded()) return;
    process.kill(child.pid(), "SIGQUIT");
    await waitUntil(() => child.hasEnded(), { timeoutMs: READY_MS_MAX });
  }

  /** Resolves when it takes connections. */
  async restart(): Promise<void> {
    const child = this.#start();
    this.#child = child;
    const isUp = await waitUntil(() => this.#isReady(child), { timeoutMs: READY_MS_MAX });
    if (!isUp) throw new Error(`Cannot go on: Postgres did not get ready: ${child.said()}`);
  }
}
