import { toPlatformError } from "#schemas/errors.ts";
import { Batch, type DueEffect, type ShardCursor } from "./batch.ts";
import { setAside } from "./dead_letter.ts";
import type { Item, Partition } from "./partition.ts";
import type { Clock } from "./ports/clock.ts";
import type { CommitOutcome, EncodedBatch, OwnedShard, Store } from "./ports/store.ts";
import type { Telemetry } from "./telemetry.ts";
import type { Change } from "./work.ts";

const RETRY_MS = 200;
/** A lane whose commits fail again and again tries as seldom as this. */
const RETRY_MAX_MS = 5_000;

/** A message that is worked out and waits for its commit; `text` is its answer then. */
export interface Unit {
  readonly item: Item;
  readonly partition: Partition;
  readonly changes: readonly Change[];
  readonly respond: () => void;
  due: readonly DueEffect[];
}

/** What a lane asks of its host when a batch did not commit. */
export interface LaneHost {
  /** Forgets the actors of these units, and gives their messages back to the mailboxes in order. */
  discard(units: readonly Unit[]): void;
  /** Works one message out now, into the lane's open batch; the mailboxes rest meanwhile. */
  workNow(partition: Partition, item: Item): Promise<void>;
  /** Carries out a unit that has committed: answer, then effects. */
  release(unit: Unit): void;
  /** Another worker owns these shards now. */
  shardsLost(shards: readonly number[]): void;
  resume(lane: Lane): void;
}

/**
 * One of the two streams of group commits. At most one batch is in flight; meanwhile the next
 * fills, and leaves at once when the running one has ended. Nothing of a unit leaves before its
 * batch has committed.
 */
export class Lane {
  readonly index: number;
  /** Rests while a failed batch is cleared up: mailboxes keep what comes. */
  isPaused = false;
  readonly #parts: { host: LaneHost; store: Store; clock: Clock; telemetry: Telemetry };
  readonly #owner: () => string;
  #open: { batch: Batch; units: Unit[] };
  /** Of the batch that is in flight, and of what is cleared up with it. */
  #leaving: readonly Unit[] = [];
  #isCommitting = false;
  #isStarting = false;
  #batches = 0;
  #isClosed = false;
  /** Commits of unknown outcome that turned out as not committed, since the last that did. */
  #failures = 0;
  /** Those who wait until so many batches have ended. */
  #waiting: { left: number; readonly resolve: () => void }[] = [];
  readonly #seconds;
  readonly #rows;
  readonly #refused;

  constructor(
    index: number,
    owner: () => string,
    parts: { host: LaneHost; store: Store; clock: Clock; telemetry: Telemetry },
  ) {
    this.index = index;
    this.#owner = owner;
    this.#parts = parts;
    this.#open = this.#fresh();
    const { telemetry } = parts;
    this.#seconds = telemetry.histogram("statewatt_commit_seconds", "Time of a group commit");
    this.#rows = telemetry.histogram(
      "statewatt_commit_rows",
      "Journal rows of a group commit",
      [1, 3, 10, 30, 100, 300, 1_000, 3_000],
    );
    this.#refused = telemetry.counter(
      "statewatt_commits_refused_total",
      "Group commits that did not commit, by outcome",
      ["outcome"],
    );
  }

  /**
   * Takes a worked-out message; it is released when everything before it of its partition has
   * committed.
   */
  add(unit: Unit): void {
    const { batch, units } = this.#open;
    const { partition, item } = unit;
    const rowsBefore = batch.rows;
    unit.due = unit.changes.flatMap((change) => batch.add(change, partition.cursor));
    const inbox = item.header["inbox"];
    if (typeof inbox === "string" && batch.rows > rowsBefore) {
      batch.addInbox(inbox, unit.changes[0]?.slot.address.tenant ?? "");
    }
    if (batch.rows === rowsBefore && partition.uncommitted === 0) {
      this.#parts.host.release(unit);
      return;
    }
    partition.uncommitted++;
    units.push(unit);
    this.#start();
  }

  /** Whether a message may be worked out now: mailboxes keep it else. */
  get isTaking(): boolean {
    return !this.isPaused && !this.#open.batch.isFull;
  }

  /** Whether something of the shard was added that is neither released nor given back. */
  holds(shard: number): boolean {
    return [this.#leaving, this.#open.units].some((units) =>
      units.some(({ partition }) => partition.cursor.shard === shard)
    );
  }

  /** Resolves when all that was added so far has been released or given back. */
  settled(): Promise<void> {
    const isOpen = this.#open.units.length > 0;
    if (!this.#isCommitting && !isOpen) return Promise.resolve();
    const left = +this.#isCommitting + +isOpen;
    return new Promise((resolve) => this.#waiting.push({ left, resolve }));
  }

  close(): void {
    this.#isClosed = true;
  }

  #fresh(): { batch: Batch; units: Unit[] } {
    return { batch: new Batch(`${this.#owner()}.${this.index}.${this.#batches++}`), units: [] };
  }

  /** The frames of one turn of the event loop share a batch: it leaves in the next microtask. */
  #start(): void {
    if (this.#isCommitting || this.isPaused || this.#isStarting) return;
    this.#isStarting = true;
    queueMicrotask(() => {
      this.#isStarting = false;
      if (!this.#isCommitting && !this.isPaused) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isCommitting = true;
    while (this.#open.units.length > 0 && !this.isPaused && !this.#isClosed) {
      const { batch, units } = this.#open;
      this.#open = this.#fresh();
      this.#leaving = units;
      for (const { item } of units) item.trace?.stage("commit");
      const committing = this.#commit(batch);
      if (batch.isFull) this.#parts.host.resume(this);
      // deno-lint-ignore no-await-in-loop -- (shard, seq) must have no gaps
      const outcome = await committing;
      if (outcome.result === "committed") this.#release(batch, units);
      // deno-lint-ignore no-await-in-loop -- nothing may commit before the failure is cleared up.
      else await this.#recover(batch, units, outcome);
      this.#leaving = [];
      this.#endWaits(1);
    }
    this.#isCommitting = false;
    this.#endWaits(Infinity);
  }

  #endWaits(batches: number): void {
    for (const wait of this.#waiting) wait.left -= batches;
    const over = this.#waiting.filter(({ left }) => left <= 0);
    if (over.length === 0) return;
    this.#waiting = this.#waiting.filter(({ left }) => left > 0);
    for (const { resolve } of over) resolve();
  }

  async #commit(batch: Batch): Promise<CommitOutcome> {
    if (batch.isEmpty) return { result: "committed" };
    const sentAt = this.#parts.clock.monotonic();
    const encoded = encodedOf(batch);
    const outcome = "result" in encoded
      ? encoded
      : await this.#parts.store.commit(encoded, this.index);
    if (outcome.result === "committed") {
      this.#failures = 0;
      for (const cursor of batch.cursors) cursor.committedAt = sentAt;
      this.#seconds.observe((this.#parts.clock.monotonic() - sentAt) / 1_000);
      this.#rows.observe(batch.rows);
    } else this.#refused.with(outcome.result).add();
    return outcome;
  }

  #release(batch: Batch, units: readonly Unit[]): void {
    batch.settle();
    for (const unit of units) {
      unit.partition.uncommitted--;
      try {
        this.#parts.host.release(unit);
      } catch (error) {
        // It has committed, and the others of its batch have, too: their answers leave.
        const actor = unit.item.to;
        this.#parts.telemetry.log("error", "an effect was not carried out", { actor, error });
      }
    }
  }

  async #recover(batch: Batch, units: readonly Unit[], outcome: CommitOutcome): Promise<void> {
    const { host, telemetry } = this.#parts;
    telemetry.log("warn", "a group commit failed", { batch: batch.id, ...outcome });
    this.isPaused = true;
    if (outcome.result !== "refused" && await this.#decide(batch)) this.#release(batch, units);
    else {
      let undone: readonly Unit[] = [...units, ...this.#open.units];
      this.#leaving = undone;
      this.#rewind(batch, this.#open.batch);
      this.#open = this.#fresh();
      for (const { partition } of undone) partition.uncommitted--;
      if (outcome.result === "refused") {
        forget(undone);
        const others = withoutRepeat(units, outcome);
        undone = others === undefined
          ? await this.#bisect(undone)
          : [...others, ...undone.slice(units.length)];
      } else if (outcome.result === "unknown") await this.#rest(this.#failures++);
      host.discard(undone);
    }
    this.isPaused = false;
    host.resume(this);
  }

  /** The first failure may be chance; what fails again is not helped by haste. */
  async #rest(failuresBefore: number): Promise<void> {
    if (failuresBefore > 0) await this.#wait(RETRY_MS * 2 ** Math.min(failuresBefore, 10));
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) =>
      void this.#parts.clock.schedule(Math.min(delayMs, RETRY_MAX_MS), resolve)
    );
  }

  #rewind(...batches: readonly Batch[]): void {
    for (const batch of batches) {
      for (const cursor of batch.cursors) cursor.assigned = cursor.committed;
    }
  }

  /**
   * Of a commit without a clear answer: it has committed or not, and may still commit late. Raising
   * the epoch decides it, and shows which shards are another worker's now. Returns whether it has
   * committed.
   */
  async #decide(batch: Batch): Promise<boolean> {
    const { store, host } = this.#parts;
    const { cursors } = batch;
    while (!this.#isClosed) {
      try {
        // deno-lint-ignore no-await-in-loop -- tried until Postgres answers.
        const taken = await store.retakeShards(this.#owner(), cursors.map(({ shard }) => shard));
        const isOurs = noteTaken(cursors, taken);
        const lost = cursors.filter((cursor) => !isOurs.has(cursor)).map(({ shard }) => shard);
        if (lost.length > 0) host.shardsLost(lost);
        // A batch commits whole: one of its shards tells of all.
        return taken.some(({ lastBatch }) => lastBatch === batch.id);
      } catch {
        // deno-lint-ignore no-await-in-loop -- Postgres is away: the next try comes after a wait.
        await this.#wait(RETRY_MS);
      }
    }
    return false;
  }

  /**
   * Finds the messages whose data Postgres refuses; all others commit. Returns those that have to
   * be worked out again, in order, when something else went wrong.
   */
  async #bisect(units: readonly Unit[]): Promise<readonly Unit[]> {
    if (units.length === 0) return [];
    const { host } = this.#parts;
    for (const unit of units) {
      // deno-lint-ignore no-await-in-loop -- in order.
      await host.workNow(unit.partition, unit.item);
    }
    const { batch, units: reworked } = this.#open;
    this.#open = this.#fresh();
    const outcome = await this.#commit(batch);
    const isCommitted = outcome.result === "committed" ||
      outcome.result !== "refused" && await this.#decide(batch);
    if (isCommitted) {
      this.#release(batch, reworked);
      return [];
    }
    this.#rewind(batch);
    for (const { partition } of reworked) partition.uncommitted--;
    if (outcome.result !== "refused") return reworked;
    forget(reworked);
    if (reworked.length === 1) {
      await this.#quarantine(reworked[0] as Unit, outcome.detail, outcome.isRepeat);
      return [];
    }
    const half = reworked.length >> 1;
    const [first, second] = [reworked.slice(0, half), reworked.slice(half)];
    const undone = await this.#bisect(first);
    return undone.length > 0 ? [...undone, ...second] : await this.#bisect(second);
  }

  async #quarantine(unit: Unit, reason: string, isRepeat: boolean): Promise<void> {
    const { item } = unit;
    if (isRepeat && typeof item.header["inbox"] === "string") {
      item.answer(repeatAnswer);
      return;
    }
    const { telemetry } = this.#parts;
    telemetry.log("error", "a message was refused by the store", { actor: item.to, reason });
    await setAside(item, reason, this.#parts);
    item.answer({ kind: "error", error: toPlatformError(new Error(reason)) });
  }
}

/**
 * Repeated tells are daily life after a take-over: the one that is named is answered, and the
 * others are worked out again in one go, without a search. Undefined when it is not among these.
 */
function withoutRepeat(
  units: readonly Unit[],
  { repeated }: Extract<CommitOutcome, { result: "refused" }>,
): readonly Unit[] | undefined {
  if (repeated === undefined) return undefined;
  const told = units.filter(({ item }) => item.header["inbox"] === repeated);
  const last = told.at(-1);
  if (last === undefined) return undefined;
  // Of two in one batch none has committed: the sender must keep its row, and ask again.
  const answer = told.length === 1 ? repeatAnswer : withheldAnswer;
  last.item.answer(answer);
  return units.filter((unit) => unit !== last);
}

const repeatAnswer = { kind: "text", text: "null", journalled: true } as const;
const withheldAnswer = { kind: "withheld" } as const;

function forget(units: readonly Unit[]): void {
  for (const { partition } of units) {
    partition.actors.clear();
    partition.generation++;
  }
}

/** What cannot even be written down is refused like what Postgres does not take. */
function encodedOf(batch: Batch): EncodedBatch | CommitOutcome {
  try {
    return batch.encode();
  } catch (error) {
    return { result: "refused", detail: String(error), isRepeat: false };
  }
}

function noteTaken(
  cursors: readonly ShardCursor[],
  taken: readonly OwnedShard[],
): ReadonlySet<ShardCursor> {
  const ours = new Set<ShardCursor>();
  for (const { shard, epoch, lastSeq } of taken) {
    const cursor = cursors.find((known) => known.shard === shard);
    if (cursor === undefined) continue;
    cursor.epoch = epoch;
    cursor.committed = lastSeq;
    ours.add(cursor);
  }
  return ours;
}
