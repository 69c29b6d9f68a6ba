import { toPlatformError } from "#schemas/errors.ts";
import { Batch, type DueEffect, SnapshotTooLarge } from "./batch.ts";
import { setAside } from "./dead_letter.ts";
import type { Item, Partition } from "./partition.ts";
import type { Clock } from "./ports/clock.ts";
import type { CommitOutcome, Store } from "./ports/store.ts";
import type { Telemetry } from "./telemetry.ts";
import type { Change } from "./work.ts";

const RETRY_MS = 200;

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
  readonly #owner: string;
  readonly #onCommit: (sentAt: number) => void;
  #open: { batch: Batch; units: Unit[] };
  #isCommitting = false;
  #isStarting = false;
  #batches = 0;
  #isClosed = false;
  #idle: (() => void)[] = [];
  readonly #seconds;
  readonly #rows;
  readonly #refused;

  constructor(
    index: number,
    owner: string,
    parts: { host: LaneHost; store: Store; clock: Clock; telemetry: Telemetry },
    onCommit: (sentAt: number) => void,
  ) {
    this.index = index;
    this.#owner = owner;
    this.#parts = parts;
    this.#onCommit = onCommit;
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

  get isFull(): boolean {
    return this.#open.batch.isFull;
  }

  /** Resolves when nothing is open nor in flight. */
  drained(): Promise<void> {
    if (!this.#isCommitting && !this.isPaused && this.#open.units.length === 0) {
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  close(): void {
    this.#isClosed = true;
  }

  #fresh(): { batch: Batch; units: Unit[] } {
    return { batch: new Batch(`${this.#owner}.${this.index}.${this.#batches++}`), units: [] };
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
      // deno-lint-ignore no-await-in-loop -- (shard, seq) must have no gaps
      const outcome = await this.#commit(batch);
      if (outcome.result === "committed") this.#release(batch, units);
      // deno-lint-ignore no-await-in-loop -- nothing may commit before the failure is cleared up.
      else await this.#recover(batch, units, outcome);
    }
    this.#isCommitting = false;
    if (this.isPaused) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #commit(batch: Batch): Promise<CommitOutcome> {
    if (batch.isEmpty) return { result: "committed" };
    const sentAt = this.#parts.clock.monotonic();
    let outcome: CommitOutcome;
    try {
      outcome = await this.#parts.store.commit(batch.encode(), this.index);
    } catch (error) {
      if (!(error instanceof SnapshotTooLarge)) throw error;
      outcome = { result: "refused", detail: error.message, isRepeat: false };
    }
    if (outcome.result === "committed") {
      this.#onCommit(sentAt);
      this.#seconds.observe((this.#parts.clock.monotonic() - sentAt) / 1_000);
      this.#rows.observe(batch.rows);
    } else this.#refused.with(outcome.result).add();
    return outcome;
  }

  #release(batch: Batch, units: readonly Unit[]): void {
    batch.settle();
    for (const unit of units) {
      unit.partition.uncommitted--;
      this.#parts.host.release(unit);
    }
  }

  async #recover(batch: Batch, units: readonly Unit[], outcome: CommitOutcome): Promise<void> {
    const { host, telemetry } = this.#parts;
    telemetry.log("warn", "a group commit failed", { batch: batch.id, ...outcome });
    this.isPaused = true;
    let mayStay = false;
    if (outcome.result === "unknown") mayStay = await this.#resolveUnknown(batch);
    else if (outcome.result === "stale") await this.#resolveStale(batch);
    if (mayStay) this.#release(batch, units);
    else {
      const undone = [...units, ...this.#open.units];
      this.#rewind(batch, this.#open.batch);
      this.#open = this.#fresh();
      for (const { partition } of undone) partition.uncommitted--;
      if (outcome.result === "refused") {
        forget(undone);
        await this.#bisect(undone);
      } else host.discard(undone);
    }
    this.isPaused = false;
    host.resume(this);
  }

  #rewind(...batches: readonly Batch[]): void {
    for (const batch of batches) {
      for (const cursor of batch.cursors) cursor.assigned = cursor.committed;
    }
  }

  /**
   * The connection was lost: the batch is committed or not, and may still commit late. Raising the
   * epoch decides it. Returns whether it was committed.
   */
  async #resolveUnknown(batch: Batch): Promise<boolean> {
    const { store, clock } = this.#parts;
    const { cursors } = batch;
    while (!this.#isClosed) {
      try {
        // deno-lint-ignore no-await-in-loop -- tried until Postgres answers.
        const taken = await store.takeShards(this.#owner, cursors.map(({ shard }) => shard));
        let isCommitted = true;
        for (const { shard, epoch, lastSeq, lastBatch } of taken) {
          const cursor = cursors.find((known) => known.shard === shard);
          if (cursor === undefined) continue;
          cursor.epoch = epoch;
          cursor.committed = lastSeq;
          if (lastBatch !== batch.id) isCommitted = false;
        }
        return isCommitted;
      } catch {
        // deno-lint-ignore no-await-in-loop -- Postgres is away: the next try comes after a wait.
        await new Promise<void>((resolve) => clock.schedule(RETRY_MS, resolve));
      }
    }
    return false;
  }

  async #resolveStale(batch: Batch): Promise<void> {
    const { store, host, telemetry } = this.#parts;
    const owned = batch.cursors.map(({ shard, epoch, committed }) => ({
      shard,
      epoch,
      lastSeq: committed,
      lastBatch: "",
    }));
    const isOurs = await store.stillOwns(owned).catch(() => true);
    if (!isOurs) {
      host.shardsLost(batch.cursors.map(({ shard }) => shard));
      return;
    }
    telemetry.log("error", "a sequence moved under its owner", { batch: batch.id });
    await this.#resolveUnknown(batch);
  }

  /** Finds the messages whose data Postgres refuses; all others commit. */
  async #bisect(units: readonly Unit[]): Promise<void> {
    if (units.length === 0) return;
    const { host } = this.#parts;
    for (const unit of units) {
      // deno-lint-ignore no-await-in-loop -- in order.
      await host.workNow(unit.partition, unit.item);
    }
    const { batch, units: reworked } = this.#open;
    this.#open = this.#fresh();
    const outcome = await this.#commit(batch);
    if (outcome.result === "committed") {
      this.#release(batch, reworked);
      return;
    }
    this.#rewind(batch);
    for (const { partition } of reworked) partition.uncommitted--;
    if (outcome.result !== "refused") {
      if (outcome.result === "unknown" && await this.#resolveUnknown(batch)) {
        for (const { partition } of reworked) partition.uncommitted++;
        this.#release(batch, reworked);
      } else host.discard(reworked);
      return;
    }
    forget(reworked);
    if (reworked.length === 1) {
      await this.#quarantine(reworked[0] as Unit, outcome.detail, outcome.isRepeat);
      return;
    }
    const half = reworked.length >> 1;
    await this.#bisect(reworked.slice(0, half));
    await this.#bisect(reworked.slice(half));
  }

  async #quarantine(unit: Unit, reason: string, isRepeat: boolean): Promise<void> {
    const { item } = unit;
    if (isRepeat && typeof item.header["inbox"] === "string") {
      item.answer({ kind: "text", text: "null", journalled: true });
      return;
    }
    const { telemetry } = this.#parts;
    telemetry.log("error", "a message was refused by the store", { actor: item.to, reason });
    await setAside(item, reason, this.#parts);
    item.answer({ kind: "error", error: toPlatformError(new Error(reason)) });
  }
}

function forget(units: readonly Unit[]): void {
  for (const { partition } of units) {
    partition.actors.clear();
    partition.generation++;
  }
}
