import { jetstream, JetStreamApiError, jetstreamManager } from "@nats-io/jetstream";
import { type KV, Kvm, type KvWatchEntry } from "@nats-io/kv";
import type { QueuedIterator } from "@nats-io/nats-core";
import { subjectToken } from "#schemas/address.ts";
import type { Clock } from "../ports/clock.ts";
import { LeaseConflict, type LeaseEntry, type LeaseStore } from "../ports/leases.ts";
import type { Telemetry } from "../telemetry.ts";
import type { NatsLink } from "./nats_connection.ts";
import { ensureReplicas, hasNoLeader, isUnavailable, whenAvailable } from "./nats_stream.ts";

/** JetStream's code for "wrong last sequence". */
const WRONG_LAST_SEQUENCE = 10_071;
/** A renewal that takes longer than the next one is due counts as failed. */
const WRITE_MS_MAX = 1_000;
/** A question that was under way when the leader died is never answered: it is asked again. */
const QUESTION_MS_MAX = 1_000;
const READ_MS_MAX = 5_000;
/** While a leader is elected: soon after the election leases must be fresh again. */
const NO_LEADER_RETRY_MS = 50;
const RETRY_MS = 500;
/** Keys of processes that never come back leave the bucket; no decision rests on it. */
const FORGET_MS = 24 * 60 * 60 * 1_000;

export interface NatsLeasesOptions {
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly bucket?: string;
  /** Servers that hold the bucket. Unset: one for a new bucket; one that is there stays so. */
  readonly replicas?: number;
}

/** The map of members in a NATS key-value bucket. */
export class NatsLeases implements LeaseStore {
  readonly #options: NatsLeasesOptions;
  readonly #bucket: KV;
  #isReopening = false;

  /**
   * Opens the bucket, creating it when it is not there. Waits up to 30 s for a cluster that elects
   * a leader.
   */
  static async open(options: NatsLeasesOptions): Promise<NatsLeases> {
    return new NatsLeases(options, await whenAvailable(options.clock, () => openBucket(options)));
  }

  private constructor(options: NatsLeasesOptions, bucket: KV) {
    this.#options = options;
    this.#bucket = bucket;
  }

  async write(key: string, value: string, expected: number): Promise<number> {
    return await this.#change(
      key,
      expected,
      () =>
        expected === 0
          ? this.#bucket.create(keyToken(key), value)
          : this.#bucket.update(keyToken(key), value, expected, WRITE_MS_MAX),
    );
  }

  async read(key: string): Promise<LeaseEntry | undefined> {
    const entry = await this.#tryFor(READ_MS_MAX, () => this.#bucket.get(keyToken(key)));
    if (entry === null || entry.operation !== "PUT") return undefined;
    return { key, value: entry.string(), revision: entry.revision };
  }

  async remove(key: string, expected: number): Promise<void> {
    await this.#change(
      key,
      expected,
      () => this.#bucket.delete(keyToken(key), { previousSeq: expected }),
    );
  }

  watch(onEntry: (entry: LeaseEntry) => void): () => void {
    const watch = new BucketWatch(this.#options, this.#bucket, onEntry);
    return () => watch.stop();
  }

  async #change<Result>(
    key: string,
    expected: number,
    act: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await this.#tryFor(WRITE_MS_MAX, act, hasNoLeader);
    } catch (error) {
      if (isConflict(error)) throw new LeaseConflict(key, expected, { cause: error });
      throw error;
    }
  }

  /** Does it again for so long, in ms, where it may be done again. */
  async #tryFor<Result>(
    waitMs: number,
    act: () => Promise<Result>,
    mayRepeat: (error: unknown) => boolean = isUnavailable,
  ): Promise<Result> {
    const { link, clock } = this.#options;
    const endsAt = clock.monotonic() + waitMs;
    while (true) {
      if (!link.isConnected()) throw new Error("Cannot reach the leases: no connection");
      try {
        // deno-lint-ignore no-await-in-loop -- a try follows the failure of the one before
        return await act();
      } catch (error) {
        if (isConflict(error)) throw error;
        if (!mayRepeat(error) || clock.monotonic() >= endsAt) {
          void this.#reopen();
          throw error;
        }
        // deno-lint-ignore no-await-in-loop
        await this.#pause();
      }
    }
  }

  #pause(): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => void clock.schedule(NO_LEADER_RETRY_MS, resolve));
  }

  /** The bucket may have been lost with its server: it is made again then. */
  async #reopen(): Promise<void> {
    if (this.#isReopening) return;
    this.#isReopening = true;
    try {
      await openBucket(this.#options);
    } catch (error) {
      this.#options.telemetry.log("debug", "the leases cannot be opened yet", { error });
    } finally {
      this.#isReopening = false;
    }
  }
}

/** One watch, taken up again after any break; then all keys come again. */
class BucketWatch {
  readonly #options: NatsLeasesOptions;
  readonly #bucket: KV;
  readonly #onEntry: (entry: LeaseEntry) => void;
  readonly #stopWatching: () => void;
  #entries: QueuedIterator<KvWatchEntry> | undefined;
  #attempt = 0;
  #isStopped = false;
  #cancelRetry = (): void => {};

  constructor(
    options: NatsLeasesOptions,
    bucket: KV,
    onEntry: (entry: LeaseEntry) => void,
  ) {
    this.#options = options;
    this.#bucket = bucket;
    this.#onEntry = onEntry;
    this.#stopWatching = options.link.onChange((isConnected) => {
      if (isConnected) void this.#start();
    });
    void this.#start();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelRetry();
    this.#stopWatching();
    this.#entries?.stop();
  }

  async #start(): Promise<void> {
    const attempt = ++this.#attempt;
    const isOver = (): boolean => this.#isStopped || attempt !== this.#attempt;
    this.#cancelRetry();
    this.#entries?.stop();
    try {
      const entries = await this.#bucket.watch();
      if (isOver()) return entries.stop();
      this.#entries = entries;
      for await (const entry of entries) {
        if (isOver()) return;
        this.#onEntry(leaseEntry(entry));
      }
    } catch (error) {
      this.#options.telemetry.log("debug", "the leases cannot be watched yet", { error });
    }
    if (isOver()) return;
    this.#cancelRetry = this.#options.clock.schedule(RETRY_MS, () => void this.#start());
  }
}

async function openBucket(options: NatsLeasesOptions): Promise<KV> {
  const { link: { connection }, bucket = "MEMBERS", replicas } = options;
  const questions = { timeout: QUESTION_MS_MAX };
  const opened = await new Kvm(jetstream(connection, questions)).create(bucket, {
    history: 1,
    replicas: replicas ?? 1,
    ttl: FORGET_MS,
    storage: "file",
    // Any server may answer a direct read: one that lags would hide who holds a lease.
    allow_direct: false,
  });
  if (replicas !== undefined) {
    await ensureReplicas(await jetstreamManager(connection, questions), `KV_${bucket}`, replicas);
  }
  return opened;
}

function leaseEntry(entry: KvWatchEntry): LeaseEntry {
  const { key, revision, operation } = entry;
  const value = operation === "PUT" ? entry.string() : undefined;
  return { key: plainKey(key), value, revision };
}

function isConflict(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE;
}

/** `worker.<id>`: the kind stays readable, the id becomes one token. */
function keyToken(key: string): string {
  const dot = key.indexOf(".");
  return `${key.slice(0, dot)}.${subjectToken(key.slice(dot + 1))}`;
}

function plainKey(token: string): string {
  const bytes = token.replace(/=([0-9A-F]{2})/g, "%$1");
  return decodeURIComponent(bytes);
}
