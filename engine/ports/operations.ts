/**
 * What a process offers to those who operate the platform. It is asked over NATS (micro service
 * endpoints); a request carries a seal of the OPS_KEY, and each is audited before it runs.
 */

/** What was asked of a process, and by whom. */
export interface OperationRequest {
  readonly verb: string;
  /** Id of the process that is asked: no other takes it. */
  readonly to: string;
  readonly args: OperationArgs;
  /** Who asks, as they call themselves. */
  readonly user: string;
  /** The asker's NATS connection by name, and the machine it runs on. */
  readonly connection: string;
  /** Wall-clock ms; a request is good for a minute. */
  readonly at: number;
  /** Of this request alone: it is taken once. */
  readonly nonce: string;
}

export type OperationArgs = Readonly<Record<string, string>>;

export interface Operation {
  /** One line for people. */
  readonly help: string;
  /** Names of its arguments; a `?` at the end: it may be absent. */
  readonly args: readonly string[];
  /**
   * Resolves with what the asker is shown (JSON value).
   * @throws {PlatformError} why not; nothing has changed then, or it may be asked again.
   */
  run(args: OperationArgs, request: OperationRequest): Promise<unknown>;
}

export type Operations = Readonly<Record<string, Operation>>;

/** One use of operations, as it is remembered. Without `outcome` nobody knows how it went. */
export interface AuditEntry {
  readonly id: string;
  readonly at: string;
  readonly user: string;
  readonly connection: string;
  /** `<role> <id>` of the process. */
  readonly process: string;
  readonly verb: string;
  readonly args: OperationArgs;
  /** `done`, or the refusal. */
  readonly outcome: string | null;
  readonly endedAt: string | null;
}

/** Remembers every use of operations, for ever. */
export interface OperationAudit {
  /** Resolves when it is durable that somebody asks. Rejects: then it may not run. */
  asked(request: OperationRequest, process: string): Promise<void>;
  ended(nonce: string, outcome: string): Promise<void>;
  /** The newest first. */
  list(limit: number): Promise<readonly AuditEntry[]>;
}

/** What a process tells of itself at each look: `data` of its micro service's statistics. */
export interface ProcessStatus {
  /** `gateway`, `worker`, `api`, `all-in-one`. */
  readonly role: string;
  readonly id: string;
  /** What the worker is called in the table of owners; absent: it holds no shards. */
  readonly worker?: string;
  readonly pid: number;
  readonly host: string;
  readonly upSeconds: number;
  readonly residentBytes: number;
  /** Names of what is missing; empty: ready. */
  readonly missing: readonly string[];
  readonly isDrained: boolean;
  readonly isNatsConnected: boolean;
  readonly postgres: PostgresStatus;
  readonly answered: number;
  readonly errors: number;
  /** Of the last minute; null: nothing was answered. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly loopLagP99Ms: number | null;
  readonly gateway?: GatewayStatus;
  readonly engine?: EngineStatus;
}

export interface PostgresStatus {
  readonly isReachable: boolean;
  readonly roundTripMs: number | null;
  /** By how much our clock is ahead of Postgres', at least; 0: not provably off. */
  readonly clockOffMs: number | null;
}

export interface GatewayStatus {
  readonly sockets: number;
  readonly withheld: number;
}

export interface EngineStatus {
  readonly shardCount: number;
  readonly shards: readonly number[];
  readonly isSettled: boolean;
  readonly partitions: number;
  /** Messages that wait in mailboxes, and those of the fullest. */
  readonly queued: number;
  readonly queuedMax: number;
  readonly commitP99Ms: number | null;
  readonly commitsRefused: number;
  readonly withheld: number;
  readonly moved: Readonly<Record<string, number>>;
  readonly outboxWaiting: number;
  readonly outboxOldestSeconds: number;
  /** From step to stream; null: no fact in the last minute. */
  readonly relayLagP99Ms: number | null;
  readonly slow: readonly { readonly actor: string; readonly stepMs: number }[];
  readonly crowded: readonly { readonly actor: string; readonly queued: number }[];
}
