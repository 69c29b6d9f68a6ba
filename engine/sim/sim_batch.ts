/** What a simulated store reads out of an encoded batch: the rows that `commit_batch` would write. */
import type { AlarmRow, EncodedBatch, JournalRow, OutboxRow } from "../ports/store.ts";

export interface SimJournalRow extends JournalRow {
  readonly shard: number;
  readonly facts: string | null;
}

export type OfShard<Row> = Row & { readonly shard: number };

export interface FenceRow {
  readonly shard: number;
  readonly epoch: number;
  readonly prev: number;
  readonly last: number;
}

export interface SnapshotRow {
  readonly actor: string;
  readonly version: number;
  readonly body: string;
  readonly seq: number;
}

/** A row of a read model: columns by their SQL names. */
export type SimViewRow = Readonly<Record<string, unknown>>;

export interface BatchRest {
  readonly armed?: readonly OfShard<AlarmRow>[];
  readonly disarmed?: readonly { readonly actor: string; readonly name: string }[];
  readonly inbox?: readonly { readonly id: string }[];
  readonly outbox?: readonly OfShard<OutboxRow>[];
  readonly views?: Readonly<Record<string, readonly SimViewRow[]>>;
}

export interface SimBatch {
  readonly id: string;
  readonly fence: readonly FenceRow[];
  readonly rows: readonly SimJournalRow[];
  readonly snapshots: readonly SnapshotRow[];
  readonly rest: BatchRest;
}

export function decodeBatch(batch: EncodedBatch): SimBatch {
  return {
    id: batch.id,
    fence: parse<FenceRow>(batch.fence),
    rows: parse<Record<string, unknown>>(batch.journal).map(journalRow),
    snapshots: parse<SnapshotRow>(batch.snapshots),
    rest: batch.rest === "" ? {} : JSON.parse(batch.rest) as BatchRest,
  };
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
