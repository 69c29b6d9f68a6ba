import { PlatformError } from "#schemas/errors.ts";
import type {
  AlarmRow,
  CommitOutcome,
  DeadLetter,
  EncodedBatch,
  JournalRow,
  OutboxRow,
  OwnedShard,
  PlacedShard,
  Store,
  StoredActor,
  TakeLimits,
} from "../ports/store.ts";
import {
  type BatchRest,
  decodeBatch,
  type OfShard,
  type SimBatch,
  type SimJournalRow,
  type SimViewRow,
  type SnapshotRow,
} from "./sim_batch.ts";

interface StoredShard {
  epoch: number;
  owner: string;
  pinnedTo: string;
  lastSeq: number;
  lastBatch: string;
  /** Row `seq` at place `seq - 1`. */
  readonly rows: SimJournalRow[];
}

/** What the next commits shall meet; taken from the front, then all is well. */
export type StoreFault =
  | "none"
  /** The connection is lost before the batch arrives. */
  | "lostBefore"
  /** The batch commits, and the connection is lost before the answer. */
  | "lostAfter";

/** A store in memory with the rules of `commit_batch`, and faults at will. */
export class SimStore implements Store {
  readonly journal: SimJournalRow[] = [];
  readonly deadLetters: DeadLetter[] = [];
  readonly faults: StoreFault[] = [];
  readonly views = new Map<string, SimViewRow>();
  /**
   * Refuses a batch that holds a journal row for which this is true, as Postgres refuses bad data.
   */
  refuses: (row: { readonly type: string; readonly body: string | null }) => boolean = () => false;
  /** What an update makes of a row, by its table; of others it is the row. */
  updates: Readonly<Record<string, (before: SimViewRow, row: SimViewRow) => SimViewRow>> = {};
  /** Sees each batch that commits, before anything of it is written. */
  onCommit: (batch: SimBatch) => void = () => {};
  /** Sees each message that is set aside. */
  onDeadLetter: (letter: DeadLetter) => void = () => {};
  /** Sees each shard that gets an owner. */
  onTake: (shard: number, owner: string) => void = () => {};
  commits = 0;
  /** Nothing reaches it: calls reject, outcomes are unknown. */
  isAway = false;
  readonly #shards: StoredShard[];
  readonly #snapshots = new Map<string, SnapshotRow>();
  /** Samples after the snapshot, of actors that have some. */
  readonly #tails = new Map<string, SimJournalRow[]>();
  readonly #alarms = new Map<string, OfShard<AlarmRow>>();
  readonly #outbox = new Map<string, OfShard<OutboxRow>>();
  readonly #inbox = new Set<string>();

  constructor(shardCount: number) {
    this.#shards = Array.from(
      { length: shardCount },
      () => ({ epoch: 0, owner: "", pinnedTo: "", lastSeq: 0, lastBatch: "", rows: [] }),
    );
  }

  shardCount(): Promise<number> {
    return Promise.resolve(this.#shards.length);
  }

  placement(): Promise<readonly PlacedShard[]> {
    if (this.isAway) return away();
    return Promise.resolve(this.placed());
  }

  ownerOf(shard: number): string {
    return this.#shard(shard).owner;
  }

  /** The shards as they are now, whether or not the store can be reached. */
  placed(): readonly PlacedShard[] {
    return this.#shards.map(({ epoch, owner, pinnedTo }, shard) => (
      { shard, epoch, owner, pinnedTo }
    ));
  }

  releaseShards(
    owner: string,
    shards: readonly Pick<OwnedShard, "shard" | "epoch">[],
  ): Promise<void> {
    if (this.isAway) return away();
    for (const { shard, epoch } of shards) {
      const stored = this.#shard(shard);
      if (stored.owner === owner && stored.epoch === epoch) stored.owner = "";
    }
    return Promise.resolve();
  }

  pinShard(shard: number, worker: string): Promise<void> {
    if (this.isAway) return away();
    this.#shard(shard).pinnedTo = worker;
    return Promise.resolve();
  }

  takeShards(
    owner: string,
    shards: readonly number[],
    { from, epochMin = 0 }: TakeLimits = {},
  ): Promise<readonly OwnedShard[]> {
    if (this.isAway) return away();
    const allowed = shards.filter((shard) => from?.includes(this.#shard(shard).owner) ?? true);
    const seen = allowed.map((shard) => ({ shard, epoch: this.#shard(shard).epoch }));
    return Promise.resolve(this.takeSeen(owner, seen, epochMin));
  }

  retakeShards(owner: string, shards: readonly number[]): Promise<readonly OwnedShard[]> {
    return this.takeShards(owner, shards, { from: [owner] });
  }

  /**
   * The second half of a take, which may be long on its way: takes those whose epoch is still the
   * one that was seen.
   */
  takeSeen(
    owner: string,
    seen: readonly Pick<OwnedShard, "shard" | "epoch">[],
    epochMin = 0,
  ): readonly OwnedShard[] {
    const unmoved = seen.filter(({ shard, epoch }) => this.#shard(shard).epoch === epoch);
    return unmoved.map(({ shard }) => {
      const stored = this.#shard(shard);
      stored.epoch = Math.max(stored.epoch + 1, epochMin);
      stored.owner = owner;
      this.onTake(shard, owner);
      const { epoch, lastSeq, lastBatch } = stored;
      return { shard, epoch, lastSeq, lastBatch };
    });
  }

  load(actors: readonly string[]): Promise<ReadonlyMap<string, StoredActor>> {
    if (this.isAway) return away();
    const loaded = new Map<string, StoredActor>();
    for (const actor of actors) {
      const snapshot = this.#snapshots.get(actor);
      if (snapshot === undefined) continue;
      loaded.set(actor, { ...snapshot, tail: [...this.#tails.get(actor) ?? []] });
    }
    return Promise.resolve(loaded);
  }

  commit(batch: EncodedBatch, _lane: number): Promise<CommitOutcome> {
    this.commits++;
    const fault = this.isAway ? "lostBefore" : this.faults.shift() ?? "none";
    if (fault === "lostBefore") return Promise.resolve({ result: "unknown", detail: fault });
    const outcome = this.#apply(decodeBatch(batch));
    if (fault === "lostAfter") return Promise.resolve({ result: "unknown", detail: fault });
    return Promise.resolve(outcome);
  }

  alarms(shards: readonly number[]): Promise<readonly AlarmRow[]> {
    if (this.isAway) return away();
    const wanted = new Set(shards);
    return Promise.resolve([...this.#alarms.values()].filter(({ shard }) => wanted.has(shard)));
  }

  /** The armed alarm of this name, whether or not the store can be reached. */
  alarm(actor: string, name: string): AlarmRow | undefined {
    return this.#alarms.get(`${actor}\n${name}`);
  }

  outbox(shards: readonly number[]): Promise<readonly OutboxRow[]> {
    if (this.isAway) return away();
    const wanted = new Set(shards);
    return Promise.resolve([...this.#outbox.values()].filter(({ shard }) => wanted.has(shard)));
  }

  /** Tells that nobody has acknowledged yet. */
  get untold(): number {
    return this.#outbox.size;
  }

  acknowledgeOutbox(ids: readonly string[]): Promise<void> {
    if (this.isAway) return away();
    for (const id of ids) this.#outbox.delete(id);
    return Promise.resolve();
  }

  deadLetter(letter: DeadLetter): Promise<void> {
    if (this.isAway) return away();
    this.deadLetters.push(letter);
    this.onDeadLetter(letter);
    return Promise.resolve();
  }

  journalOf(actor: string): Promise<readonly JournalRow[]> {
    return Promise.resolve(this.journal.filter((row) => row.actor === actor));
  }

  /** Rows of a shard behind this sequence, in order. */
  rowsAfter(shard: number, seq: number): readonly SimJournalRow[] {
    return this.#shard(shard).rows.slice(seq);
  }

  lastSeq(shard: number): number {
    return this.#shard(shard).lastSeq;
  }

  stillOwns(owned: readonly Pick<OwnedShard, "shard" | "epoch">[]): Promise<boolean> {
    if (this.isAway) return away();
    return Promise.resolve(owned.every(({ shard, epoch }) => this.#shard(shard).epoch === epoch));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #shard(shard: number): StoredShard {
    const stored = this.#shards[shard];
    if (stored === undefined) throw new PlatformError("not-found", `Cannot find shard ${shard}`);
    return stored;
  }

  #apply(batch: SimBatch): CommitOutcome {
    const { id, fence, rows, rest } = batch;
    const isStale = fence.some(({ shard, epoch, prev }) => {
      const stored = this.#shard(shard);
      return stored.epoch !== epoch || stored.lastSeq !== prev;
    });
    if (isStale) return { result: "stale" };
    if (rows.some((row) => this.refuses(row))) {
      return { result: "refused", detail: "22P05 by the simulation", isRepeat: false };
    }
    if (new Set(rows.map(({ shard, seq }) => `${shard}:${seq}`)).size < rows.length) {
      return { result: "refused", detail: "23505 journal_pkey", isRepeat: false };
    }
    const repeated = this.#repeatedOf((rest.inbox ?? []).map((told) => told.id));
    if (repeated !== undefined) {
      return { result: "refused", detail: "inbox_pkey", isRepeat: true, repeated };
    }
    this.onCommit(batch);
    for (const { shard, last } of fence) {
      const stored = this.#shard(shard);
      stored.lastSeq = last;
      stored.lastBatch = id;
    }
    this.#write(batch);
    this.#writeRest(rest);
    return { result: "committed" };
  }

  #repeatedOf(ids: readonly string[]): string | undefined {
    return ids.find((id, place) => this.#inbox.has(id) || ids.indexOf(id) < place);
  }

  #write({ rows, snapshots }: SimBatch): void {
    for (const row of rows) {
      this.journal.push(row);
      this.#shard(row.shard).rows[row.seq - 1] = row;
      if (row.class !== "S") continue;
      const tail = this.#tails.get(row.actor);
      if (tail === undefined) this.#tails.set(row.actor, [row]);
      else tail.push(row);
    }
    for (const snapshot of snapshots) {
      this.#snapshots.set(snapshot.actor, snapshot);
      const tail = this.#tails.get(snapshot.actor);
      if (tail === undefined) continue;
      const left = tail.filter(({ seq }) => seq > snapshot.seq);
      if (left.length > 0) this.#tails.set(snapshot.actor, left);
      else this.#tails.delete(snapshot.actor);
    }
  }

  #writeRest({ armed, disarmed, inbox, outbox, views }: BatchRest): void {
    for (const { actor, name } of disarmed ?? []) this.#alarms.delete(`${actor}\n${name}`);
    for (const alarm of armed ?? []) this.#alarms.set(`${alarm.actor}\n${alarm.name}`, alarm);
    for (const { id } of inbox ?? []) this.#inbox.add(id);
    for (const row of outbox ?? []) this.#outbox.set(row.id, row);
    for (const [table, rows] of Object.entries(views ?? {})) {
      for (const row of rows) {
        if (table === "removed") this.views.delete(`${String(row["table"])}/${String(row["id"])}`);
        else {
          const name = `${table}/${String(row["id"])}`;
          const before = this.views.get(name);
          const update = this.updates[table];
          const isWhole = before === undefined || update === undefined;
          this.views.set(name, isWhole ? row : update(before, row));
        }
      }
    }
  }
}

function away(): Promise<never> {
  return Promise.reject(new PlatformError("timed-out", "Cannot reach the store: it is away"));
}
