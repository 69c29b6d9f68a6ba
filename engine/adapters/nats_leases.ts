import { JetStreamApiError } from "@nats-io/jetstream";
import { type KV, Kvm, type KvWatchEntry } from "@nats-io/kv";
import type { QueuedIterator } from "@nats-io/nats-core";
import { subjectToken } from "#schemas/address.ts";
import type { Clock } from "../ports/clock.ts";
import { LeaseConflict, type LeaseEntry, type LeaseStore } from "../ports/leases.ts";
import type { Telemetry } from "../telemetry.ts";
import type { NatsLink } from "./nats_connection.ts";

/** JetStream's code for "wrong last sequence". */
const WRONG_LAST_SEQUENCE = 10_071;
/** A renewal that takes longer than the next one is due counts as failed. */
const WRITE_MS_MAX = 1_000;
const RETRY_MS = 500;
/** Keys of processes that never come back leave the bucket; no decision rests on it. */
const FORGET_MS = 24 * 60 * 60 * 1_000;

export interface NatsLeasesOptions {
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly bucket?: string;
  readonly replicas?: number;
}

/** The map of members in a NATS key-value bucket. */
export class NatsLeases implements LeaseStore {
  readonly #options: NatsLeasesOptions;
  #bucket: Promise<KV>;

  /** Opens the bucket, creating it when it is not there. */
  static async open(options: NatsLeasesOptions): Promise<NatsLeases> {
    const leases = new NatsLeases(options);
    await leases.#bucket;
    return leases;
  }

  private constructor(options: NatsLeasesOptions) {
    this.#options = options;
    this.#bucket = openBucket(options);
  }

  async write(key: string, value: string, expected: number): Promise<number> {
    return await this.#run(
      key,
      expected,
      (bucket) =>
        expected === 0
          ? bucket.create(keyToken(key), value)
          : bucket.update(keyToken(key), value, expected, WRITE_MS_MAX),
    );
  }

  async read(key: string): Promise<LeaseEntry | undefined> {
    const entry = await this.#run(key, 0, (bucket) => bucket.get(keyToken(key)));
    if (entry === null || entry.operation !== "PUT") return undefined;
    return { key, value: entry.string(), revision: entry.revision };
  }

  async remove(key: string, expected: number): Promise<void> {
    await this.#run(
      key,
      expected,
      (bucket) => bucket.delete(keyToken(key), { previousSeq: expected }),
    );
  }

  watch(onEntry: (entry: LeaseEntry) => void): () => void {
    const watch = new BucketWatch(this.#options, () => this.#bucket, onEntry);
    return () => watch.stop();
  }

  async #run<Result>(
    key: string,
    expected: number,
    act: (bucket: KV) => Promise<Result>,
  ): Promise<Result> {
    if (!this.#options.link.isConnected()) {
      throw new Error("Cannot reach the leases: no connection");
    }
    try {
      return await act(await this.#bucket);
    } catch (error) {
      if (isConflict(error)) throw new LeaseConflict(key, expected, { cause: error });
      // The bucket may have been lost with its server: the next try finds or makes it.
      this.#bucket = openBucket(this.#options);
      this.#bucket.catch(() => {});
      throw error;
    }
  }
}

/** One watch, taken up again after any break; then all keys come again. */
class BucketWatch {
  readonly #options: NatsLeasesOptions;
  readonly #bucket: () => Promise<KV>;
  readonly #onEntry: (entry: LeaseEntry) => void;
  readonly #stopWatching: () => void;
  #entries: QueuedIterator<KvWatchEntry> | undefined;
  #attempt = 0;
  #isStopped = false;
  #cancelRetry = (): void => {};

  constructor(
    options: NatsLeasesOptions,
    bucket: () => Promise<KV>,
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
      const entries = await (await this.#bucket()).watch();
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

async function openBucket({ link, bucket, replicas }: NatsLeasesOptions): Promise<KV> {
  return await new Kvm(link.connection).create(bucket ?? "MEMBERS", {
    history: 1,
    replicas: replicas ?? 1,
    ttl: FORGET_MS,
    storage: "file",
  });
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
