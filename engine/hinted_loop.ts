import type { Clock } from "./ports/clock.ts";
import type { Telemetry } from "./telemetry.ts";

/** A hint may be lost with the process that gave it: news is looked for at least this often. */
const POLL_MS = 1_000;
const BACKOFF_MS_MIN = 100;
const BACKOFF_MS_MAX = 5_000;

export interface HintedLoopOptions {
  /** What it does, for the log: "relay of facts". */
  readonly name: string;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** How long hints are gathered before a pass, in ms: latency against cost. */
  readonly gatherMs: number;
  /** All shards that have news, whosesoever; undefined: it did not look. */
  readonly look: () => Promise<readonly number[] | undefined>;
  /** Shards that are worked on here, default all; others are somebody else's now. */
  readonly isOurs?: (shard: number) => boolean;
  /**
   * Works on these shards; gives those that have more to do at once. `doneAt`: wall-clock time up
   * to which everything of them is done, or undefined when that is not known.
   */
  readonly pass: (
    shards: readonly number[],
    doneAt: number | undefined,
  ) => Promise<readonly number[]>;
}

/**
 * Does work per shard soon after a hint: one pass at a time, hints of meanwhile go to the next. A
 * failed pass is repeated after a growing wait.
 */
export class HintedLoop {
  readonly #options: HintedLoopOptions;
  #hinted = new Set<number>();
  #running: Promise<void> | undefined;
  #isLooking = true;
  #isStopped = false;
  #failures = 0;
  #cancelTimer = (): void => {};
  #cancelPoll = (): void => {};
  #isTimed = false;
  #doneAt: number | undefined;
  /** Shards that somebody else has left undone, and up to when they were done. */
  readonly #left = new Map<number, number | undefined>();

  constructor(options: HintedLoopOptions) {
    this.#options = options;
    this.#look();
  }

  /** There is news in these shards. */
  hint(shards: Iterable<number>): void {
    for (const shard of shards) this.#hinted.add(shard);
    if (this.#failures === 0) this.#schedule(this.#options.gatherMs);
  }

  /** Looks and works until nothing is left to do. For tests and for draining. */
  async settle(): Promise<void> {
    this.#isLooking = true;
    while (!this.#isStopped && (this.#isLooking || this.#hinted.size > 0)) {
      // deno-lint-ignore no-await-in-loop -- one pass at a time.
      await this.#run();
      if (this.#failures > 0) {
        // deno-lint-ignore no-await-in-loop -- the wait before the next try.
        await new Promise<void>((resolve) =>
          void this.#options.clock.schedule(BACKOFF_MS_MIN, resolve)
        );
      }
    }
  }

  /** Ends it; resolves when the running pass has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer();
    this.#cancelPoll();
    await this.#running;
  }

  #look(): void {
    this.#isLooking = true;
    this.#schedule(0);
    this.#cancelPoll = this.#options.clock.schedule(POLL_MS, () => this.#look());
  }

  #schedule(delayMs: number): void {
    if (this.#isTimed || this.#isStopped || this.#running !== undefined) return;
    this.#isTimed = true;
    this.#cancelTimer = this.#options.clock.schedule(delayMs, () => {
      this.#isTimed = false;
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    if (this.#isStopped) return;
    if (this.#running !== undefined) return await this.#running;
    this.#running = this.#passOnce();
    await this.#running;
    this.#running = undefined;
    if (this.#failures > 0) this.#schedule(this.#backoffMs());
    else if (this.#hinted.size > 0 || this.#isLooking) this.#schedule(this.#options.gatherMs);
  }

  async #passOnce(): Promise<void> {
    const { name, clock, telemetry, look, pass, isOurs = () => true } = this.#options;
    const mustLook = this.#isLooking;
    const lookedAt = clock.now();
    this.#isLooking = false;
    let shards: readonly number[] = [];
    try {
      const found = mustLook ? await look() : undefined;
      for (const shard of found ?? []) this.#hinted.add(shard);
      shards = [...this.#hinted].filter(isOurs).sort((one, other) => one - other);
      this.#hinted = new Set();
      if (found !== undefined) this.#noteLeft(found, shards);
      const unfinished = shards.length > 0 ? await pass(shards, this.#doneAtOf(shards)) : [];
      this.#hinted = new Set([...this.#hinted, ...unfinished]);
      for (const shard of shards) if (!unfinished.includes(shard)) this.#left.delete(shard);
      if (found !== undefined && unfinished.length === 0) this.#doneAt = lookedAt;
      if (this.#failures > 0) telemetry.log("info", `${name}: works again`);
      this.#failures = 0;
    } catch (error) {
      for (const shard of shards) this.#hinted.add(shard);
      this.#isLooking ||= mustLook;
      if (this.#failures++ === 0) telemetry.log("warn", `${name}: a pass failed`, { error });
    }
  }

  /** What somebody else leaves undone may become ours later: what we have done says nothing of it. */
  #noteLeft(found: readonly number[], shards: readonly number[]): void {
    const behind = new Set(found);
    for (const shard of this.#left.keys()) if (!behind.has(shard)) this.#left.delete(shard);
    for (const shard of shards) behind.delete(shard);
    for (const shard of behind) {
      if (!this.#left.has(shard)) this.#left.set(shard, this.#doneAt);
    }
  }

  #doneAtOf(shards: readonly number[]): number | undefined {
    let earliest = this.#doneAt;
    for (const shard of shards) {
      if (!this.#left.has(shard)) continue;
      const doneAt = this.#left.get(shard);
      if (doneAt === undefined || earliest === undefined) return undefined;
      earliest = Math.min(earliest, doneAt);
    }
    return earliest;
  }

  #backoffMs(): number {
    return Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** (this.#failures - 1));
  }
}
