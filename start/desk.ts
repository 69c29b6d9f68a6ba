/**
 * What each process has for those who operate it: health and metrics by HTTP from the first moment,
 * and a NATS micro service with its verbs once it works.
 */
import postgres, { type Sql } from "postgres";
import { withArchive } from "#actors/adapters/archived_journal.ts";
import { postgresDoubtfulCommands } from "#actors/adapters/doubtful_commands.ts";
import { commandOperations } from "#actors/command_operations.ts";
import { kinds } from "#actors/kinds.ts";
import type { HttpServer } from "#api/adapters/http_server.ts";
import { serveOperations } from "#engine/adapters/nats_services.ts";
import { postgresAudit } from "#engine/adapters/postgres_audit.ts";
import { postgresDeadLetters } from "#engine/adapters/postgres_dead_letters.ts";
import { postgresJournalTail } from "#engine/adapters/postgres_journal_tail.ts";
import { PostgresProbe } from "#engine/adapters/postgres_probe.ts";
import { endingWhenSilent } from "#engine/adapters/postgres_socket.ts";
import { actorOperations } from "#engine/operations/actor_operations.ts";
import { deadLetterOperations } from "#engine/operations/dead_letter_operations.ts";
import { placementOperations } from "#engine/operations/placement_operations.ts";
import { processOperations } from "#engine/operations/process_operations.ts";
import { inTime } from "#engine/in_time.ts";
import type { Actors } from "#engine/ports/actors.ts";
import type { Operations } from "#engine/ports/operations.ts";
import type { RunningGateway } from "#gateway/main.ts";
import { toPlatformError } from "#schemas/errors.ts";
import { gatewayCheck, natsCheck, postgresCheck, workerCheck, workersCheck } from "./checks.ts";
import type { Cluster } from "./cluster.ts";
import { codeVersion } from "./code_revision.ts";
import { Health } from "./health.ts";
import type { Part } from "./part.ts";
import { type NamedWorker, statusOf } from "./process_status.ts";
import { startStatusServer } from "./status_server.ts";

export interface DeskConfig {
  readonly databaseUrl: string;
  readonly opsKey?: string | undefined;
  readonly codeRevision?: string | undefined;
  /** Undefined: health and metrics are served elsewhere. */
  readonly metricsPort?: number | undefined;
  /** Another port will do when that one is taken. */
  readonly mayMoveMetrics?: boolean;
  readonly host?: string | undefined;
}

/** What this process does, as far as there is something to operate. */
export interface Offer {
  readonly actors: Actors;
  readonly gateway?: RunningGateway;
  readonly worker?: NamedWorker;
  /** Hands its work to others. Absent: there are no others. */
  readonly drain?: () => Promise<void>;
}

/** Longer than the longest statement here. */
const SILENCE_MS = 15_000;
const STATEMENT_MS = 10_000;
const CONNECTIONS_MAX = 3;
/** The sockets of a gateway may take longer to leave: that goes on without the operator. */
const DRAIN_SHOWN_MS = 45_000;

export class Desk implements Part {
  readonly health = new Health();
  /** Where health and metrics are; undefined: not here. */
  readonly port: number | undefined;
  readonly #cluster: Cluster;
  readonly #role: string;
  readonly #config: DeskConfig;
  readonly #sql: Sql;
  readonly #probe: PostgresProbe;
  readonly #server: Pick<HttpServer, "close"> | undefined;
  #shardCount: number | undefined;

  /** Health and metrics are served from now on: not ready. */
  static async open(cluster: Cluster, role: string, config: DeskConfig): Promise<Desk> {
    const missing = { now: (): Promise<readonly string[]> => Promise.resolve(["start"]) };
    const server = config.metricsPort === undefined ? undefined : await startStatusServer({
      ...cluster,
      port: config.metricsPort,
      mayMove: config.mayMoveMetrics ?? false,
      host: config.host,
      missing: () => missing.now(),
    });
    const desk = new Desk(cluster, role, config, server);
    missing.now = () => desk.health.missing();
    return desk;
  }

  private constructor(
    cluster: Cluster,
    role: string,
    config: DeskConfig,
    server: Pick<HttpServer, "port" | "close"> | undefined,
  ) {
    this.#cluster = cluster;
    this.#role = role;
    this.#config = config;
    this.#server = server;
    this.port = server?.port;
    this.#sql = postgres(config.databaseUrl, {
      ...endingWhenSilent(SILENCE_MS),
      max: CONNECTIONS_MAX,
      backoff: () => 0.2,
      connection: {
        application_name: `statewatt desk ${cluster.id}`,
        statement_timeout: STATEMENT_MS,
      },
    });
    this.#probe = new PostgresProbe(this.#sql, cluster.clock);
  }

  /** The process works. The part that it gives ends the service; its drain says so first. */
  async offer(offer: Offer): Promise<Part> {
    const { link, clock, telemetry, id } = this.#cluster;
    this.#check(offer);
    const audit = postgresAudit(this.#sql, clock);
    const parts = { cluster: this.#cluster, role: this.#role, ...offer };
    const service = await serveOperations({
      ...{ link, clock, telemetry, role: this.#role, id, audit },
      version: codeVersion(this.#config.codeRevision),
      key: this.#config.opsKey,
      status: () => statusOf({ ...parts, health: this.health, probe: this.#probe }),
      operations: {
        ...processOperations({ telemetry, audit, drain: this.#drain(offer) }),
        ...this.#workerOperations(offer),
      },
    });
    this.health.noteStarted();
    const drain = (): Promise<void> => Promise.resolve(this.health.noteDrained());
    return { drain, close: () => service.close() };
  }

  async close(): Promise<void> {
    await this.#server?.close();
    await this.#sql.end({ timeout: 2 });
  }

  #check({ gateway, worker }: Offer): void {
    const { bus, clock, random } = this.#cluster;
    this.health.add(natsCheck(bus));
    if (gateway !== undefined) {
      this.health.add(gatewayCheck(gateway));
      const shardCount = (): Promise<number> => this.#countShards();
      this.health.add(workersCheck({ bus, clock, random, shardCount }));
    }
    if (worker !== undefined) this.health.add(workerCheck(worker.running));
    // A gateway lets stations in as long as workers answer for them.
    if (this.#role !== "gateway") this.health.add(postgresCheck(this.#probe));
  }

  async #countShards(): Promise<number> {
    if (this.#shardCount !== undefined) return this.#shardCount;
    const [row] = await this.#sql`SELECT shard_count FROM installation`;
    return this.#shardCount = Number(row?.["shard_count"]);
  }

  #drain({ drain }: Offer): (() => Promise<object>) | undefined {
    if (drain === undefined) return undefined;
    return async () => {
      const { id, clock } = this.#cluster;
      this.health.noteDrained();
      const isDone = await inTime(clock, DRAIN_SHOWN_MS, drain().then(() => true))
        .catch((error) => {
          if (toPlatformError(error).kind === "timed-out") return false;
          throw error;
        });
      return { drained: id, isDone };
    };
  }

  #workerOperations({ worker, actors }: Offer): Operations {
    if (worker === undefined) return {};
    const { clock } = this.#cluster;
    const { host, store, placement } = worker.running;
    const sql = this.#sql;
    const journal = withArchive({ store, tail: postgresJournalTail(sql, clock), sql, clock });
    return {
      ...actorOperations({ worker: worker.name, host, ...journal, kinds, clock }),
      ...placementOperations({ placement, store }),
      ...deadLetterOperations({ letters: postgresDeadLetters(this.#sql, clock), actors }),
      ...commandOperations({ commands: postgresDoubtfulCommands(this.#sql, clock), actors }),
    };
  }
}
