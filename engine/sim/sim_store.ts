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

interface StoredShard {
  epoch: number;
  owner: string;
  pinnedTo: string;
  lastSeq: number;
  lastBatch: string;
}
interface SimJournalRow extends JournalRow {
  readonly shard: number;
  readonly facts: string | null;
}

type OfShard<Row> = Row & { readonly shard: number };

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
  readonly views = new Map<string, Readonly<Record<string, unknown>>>();
  /**
   * Refuses a batch that holds a journal row for which this is true, as Postgres refuses bad data.
   */
  refuses: (row: { readonly type: string; readonly body: string | null }) => boolean = () => false;
  commits = 0;
  /** Nothing reaches it: calls reject, outcomes are unknown. */
  isAway = false;
  readonly #shards: StoredShard[];
  readonly #snapshots = new Map<string, { version: number; body: string; seq: number }>();
  readonly #alarms = new Map<string, OfShard<AlarmRow>>();
  readonly #outbox = new Map<string, OfShard<OutboxRow>>();
  readonly #inbox = new Set<string>();

  constructor(shardCount: number) {
    this.#shards = Array.from(
      { length: shardCount },
      () => ({ epoch: 0, owner: "", pinnedTo: "", lastSeq: 0, lastBatch: "" }),
    );
  }

  shardCount(): Promise<number> {
    return Promise.resolve(this.#shards.length);
  }

  placement(): Promise<readonly PlacedShard[]> {
    if (this.isAway) return away();
    return Promise.resolve(
      this.#shards.map(({ epoch, owner, pinnedTo }, shard) => ({ shard, epoch, owner, pinnedTo })),
    );
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
    return Promise.resolve(allowed.map((shard) => {
      const stored = this.#shard(shard);
      stored.epoch = Math.max(stored.epoch + 1, epochMin);
      stored.owner = owner;
      const { epoch, lastSeq, lastBatch } = stored;
      return { shard, epoch, lastSeq, lastBatch };
    }));
  }

  retakeShards(owner: string, shards: readonly number[]): Promise<readonly OwnedShard[]> {
    return this.takeShards(owner, shards, { from: [owner] });
  }

  load(actors: readonly string[]): Promise<ReadonlyMap<string, StoredActor>> {
    if (this.isAway) return away();
    const loaded = new Map<string, StoredActor>();
    for (const actor of actors) {
      const snapshot = this.#snapshots.get(actor);
      if (snapshot === undefined) continue;
      const tail = this.journal.filter((row) =>
        row.actor === actor && row.seq > snapshot.seq && row.class === "S"
      );
      loaded.set(actor, { ...snapshot, tail });
    }
    return Promise.resolve(loaded);
  }

  commit(batch: EncodedBatch, _lane: number): Promise<CommitOutcome> {
    this.commits++;
    const fault = this.isAway ? "lostBefore" : this.faults.shift() ?? "none";
    if (fault === "lostBefore") return Promise.resolve({ result: "unknown", detail: fault });
    const outcome = this.#apply(batch);
    if (fault === "lostAfter") return Promise.resolve({ result: "unknown", detail: fault });
    return Promise.resolve(outcome);
  }

  alarms(shards: readonly number[]): Promise<readonly AlarmRow[]> {
    if (this.isAway) return away();
    const wanted = new Set(shards);
    return Promise.resolve([...this.#alarms.values()].filter(({ shard }) => wanted.has(shard)));
  }

  outbox(shards: readonly number[]): Promise<readonly OutboxRow[]> {
    if (this.isAway) return away();
    const wanted = new Set(shards);
    return Promise.resolve([...this.#outbox.values()].filter(({ shard }) => wanted.has(shard)));
  }

  acknowledgeOutbox(ids: readonly string[]): Promise<void> {
    if (this.isAway) return away();
    for (const id of ids) this.#outbox.delete(id);
    return Promise.resolve();
  }

  deadLetter(letter: DeadLetter): Promise<void> {
    if (this.isAway) return away();
    this.deadLetters.push(letter);
    return Promise.resolve();
  }

  journalOf(actor: string): Promise<readonly JournalRow[]> {
    return Promise.resolve(this.journal.filter((row) => row.actor === actor));
  }

  stillOwns(owned: readonly OwnedShard[]): Promise<boolean> {
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

  #apply(batch: EncodedBatch): CommitOutcome {
    const fence = parse<{ shard: number; epoch: number; prev: number; last: number }>(batch.fence);
    const isStale = fence.some(({ shard, epoch, prev }) => {
      const stored = this.#shard(shard);
      return stored.epoch !== epoch || stored.lastSeq !== prev;
    });
    if (isStale) return { result: "stale" };
    const rows = parse<Record<string, unknown>>(batch.journal).map(journalRow);
    if (rows.some((row) => this.refuses(row))) {
      return { result: "refused", detail: "22P05 by the simulation", isRepeat: false };
    }
    const rest = batch.rest === "" ? {} : JSON.parse(batch.rest) as Rest;
    if (rest.inbox?.some(({ id }) => this.#inbox.has(id))) {
      return { result: "refused", detail: "inbox_pkey", isRepeat: true };
    }
    for (const { shard, last } of fence) {
      const stored = this.#shard(shard);
      stored.lastSeq = last;
      stored.lastBatch = batch.id;
    }
    this.journal.push(...rows);
    for (
      const row of parse<{ actor: string; version: number; body: string; seq: number }>(
        batch.snapshots,
      )
    ) this.#snapshots.set(row.actor, row);
    this.#applyRest(rest);
    return { result: "committed" };
  }

  #applyRest({ armed, disarmed, inbox, outbox, views }: Rest): void {
    for (const { actor, name } of disarmed ?? []) this.#alarms.delete(`${actor}\n${name}`);
    for (const alarm of armed ?? []) this.#alarms.set(`${alarm.actor}\n${alarm.name}`, alarm);
    for (const { id } of inbox ?? []) this.#inbox.add(id);
    for (const row of outbox ?? []) this.#outbox.set(row.id, row);
    for (const [table, rows] of Object.entries(views ?? {})) {
      for (const row of rows) this.views.set(`${table}/${String(row["id"])}`, row);
    }
  }
}

function away(): Promise<never> {
  return Promise.reject(new PlatformError("timed-out", "Cannot reach the store: it is away"));
}

interface Rest {
  readonly armed?: OfShard<AlarmRow>[];
  readonly disarmed?: { actor: string; name: string }[];
  readonly inbox?: { id: string }[];
  readonly outbox?: OfShard<OutboxRow>[];
  readonly views?: Record<string, Record<string, unknown>[]>;
}

function parse<Row>(text: string): Row[] {
  return text === "" ? [] : JSON.parse(text) as Row[];
}

function journalRow(row: Record<string, unknown>): SimJournalRow {
  const text = (value: unknown): string | null =>
    value === null || value === undefined ? null : JSON.stringify(value);
  return {
    shard: Number(row["shard"]),
    seq: Number(row["seq"]),
    actor: String(row["actor"]),
    class: row["class"] as "T" | "S",
    at: Number(row["at"]),
    type: String(row["type"]),
    revision: Number(row["revision"]),
    header: text(row["header"]) ?? "{}",
    body: text(row["body"]),
    inputs: text(row["inputs"]),
    reply: text(row["reply"]),
    effects: text(row["effects"]),
    facts: text(row["facts"]),
  };
}
