/**
 * The open end of a group commit: collects the rows of worked-out messages and encodes them as JSON
 * text.
 */
import type { Effect, ViewRow } from "./actor.ts";
import type { StatedFact } from "./ports/facts.ts";
import type { EncodedBatch } from "./ports/store.ts";
import { storedState } from "./step.ts";
import { type Change, isWritten, SAMPLES_PER_SNAPSHOT } from "./work.ts";

/**
 * A batch is closed when it holds this much; the running commit takes a few ms, so more only adds
 * latency.
 */
const ROWS_MAX = 1_000;
const BYTES_MAX = 512 * 1_024;
/**
 * A snapshot over this is a leak in a context (typical: 2 kB), and stops the actor before it stops
 * Postgres.
 */
const SNAPSHOT_BYTES_MAX = 8 * 1_024;

/** A shard as its owner sees it: `assigned` runs ahead of what is committed. */
export interface ShardCursor {
  readonly shard: number;
  epoch: number;
  committed: number;
  assigned: number;
  /** Monotonic time at which its last fenced commit was sent. */
  committedAt: number;
}

/** An effect to be carried out after the commit, with the id that makes its repeat recognisable. */
export interface DueEffect {
  readonly id: string;
  readonly actor: string;
  readonly seq: number;
  readonly effect: Effect;
}

interface FenceRow {
  readonly cursor: ShardCursor;
  readonly prev: number;
  last: number;
}

export class Batch {
  readonly id: string;
  rows = 0;
  bytes = 0;
  readonly #fence = new Map<number, FenceRow>();
  #journal: string[] = [];
  readonly #snapshots = new Map<string, Change & { seq: number; shard: number }>();
  readonly #armed = new Map<string, string>();
  readonly #disarmed = new Map<string, string>();
  readonly #inbox: string[] = [];
  readonly #outbox: string[] = [];
  readonly #views = new Map<string, { tenant: string; view: ViewRow }>();

  constructor(id: string) {
    this.id = id;
  }

  get isEmpty(): boolean {
    return this.rows === 0;
  }

  get isFull(): boolean {
    return this.rows >= ROWS_MAX || this.bytes >= BYTES_MAX;
  }

  get cursors(): readonly ShardCursor[] {
    return [...this.#fence.values()].map(({ cursor }) => cursor);
  }

  /** What was assigned is now committed. */
  settle(): void {
    for (const { cursor, last } of this.#fence.values()) cursor.committed = last;
  }

  /** Assigns the next sequence number of the shard, and collects the rows of one change. */
  add(change: Change, cursor: ShardCursor): readonly DueEffect[] {
    if (!isWritten(change)) return [];
    const seq = this.#nextSeq(cursor);
    const { slot } = change;
    const due = change.effects.map((effect, index) => ({
      id: `${slot.text}#${seq}.${index}`,
      actor: slot.text,
      seq,
      effect,
    }));
    const row = journalRow(change, cursor.shard, seq);
    this.rows++;
    this.bytes += row.length;
    this.#journal.push(row);
    if (change.class === "T" || slot.samples >= SAMPLES_PER_SNAPSHOT) {
      this.#snapshots.set(slot.text, { ...change, seq, shard: cursor.shard });
    }
    for (const effect of due) this.#addEffect(effect, slot.address.tenant, cursor.shard);
    const { tenant } = slot.address;
    for (const view of change.views ?? []) {
      const name = `${view.table}\n${tenant}\n${view.id}`;
      const before = this.#views.get(name)?.view.row ?? null;
      const row = view.over === undefined || before === null ? view.row : view.over(before);
      this.#views.set(name, { tenant, view: { ...view, row } });
    }
    return due;
  }

  /** A tell that was received; the same id a second time makes the store refuse the batch. */
  addInbox(id: string, tenant: string): void {
    this.#inbox.push(JSON.stringify({ id, tenant }));
  }

  encode(): EncodedBatch {
    const fence = [...this.#fence.values()]
      .map(({ cursor: { shard, epoch }, prev, last }) => ({ shard, epoch, prev, last }))
      .sort((a, b) => a.shard - b.shard);
    return {
      id: this.id,
      fence: JSON.stringify(fence),
      journal: `[${this.#journal.join(",")}]`,
      snapshots: this.#encodeSnapshots(),
      rest: this.#encodeRest(),
    };
  }

  #nextSeq(cursor: ShardCursor): number {
    const row = this.#fence.get(cursor.shard);
    const seq = ++cursor.assigned;
    if (row === undefined) this.#fence.set(cursor.shard, { cursor, prev: seq - 1, last: seq });
    else row.last = seq;
    return seq;
  }

  #addEffect({ id, actor, seq, effect }: DueEffect, tenant: string, shard: number): void {
    if (effect.type === "tell") {
      const event = JSON.stringify(effect.event);
      this.#outbox.push(JSON.stringify({ id, tenant, shard, receiver: effect.to, event }));
      return;
    }
    if (effect.type !== "arm" && effect.type !== "disarm") return;
    const key = `${actor}\n${effect.name}`;
    this.#armed.delete(key);
    this.#disarmed.delete(key);
    if (effect.type === "disarm") {
      this.#disarmed.set(key, JSON.stringify({ actor, name: effect.name }));
      return;
    }
    const { name, due } = effect;
    const event = JSON.stringify(effect.event);
    const row = { actor, name, tenant, shard, due, generation: seq, event };
    this.#armed.set(key, JSON.stringify(row));
  }

  #encodeSnapshots(): string {
    if (this.#snapshots.size === 0) return "";
    const rows: string[] = [];
    for (const { slot, seq, shard } of this.#snapshots.values()) {
      const body = storedState(slot.kind, slot.state, slot.lastAt);
      if (body.length > SNAPSHOT_BYTES_MAX) throw new SnapshotTooLarge(slot.text, body.length);
      const version = slot.kind.snapshot.version;
      const { text: actor, address: { tenant } } = slot;
      rows.push(JSON.stringify({ actor, tenant, shard, seq, version, body }));
    }
    return `[${rows.join(",")}]`;
  }

  #encodeRest(): string {
    const parts: string[] = [];
    const list = (name: string, rows: Iterable<string>): void => {
      const text = [...rows].join(",");
      if (text !== "") parts.push(`"${name}":[${text}]`);
    };
    list("armed", this.#armed.values());
    list("disarmed", this.#disarmed.values());
    list("inbox", this.#inbox);
    list("outbox", this.#outbox);
    if (this.#views.size > 0) parts.push(`"views":${this.#encodeViews()}`);
    return parts.length === 0 ? "" : `{${parts.join(",")}}`;
  }

  #encodeViews(): string {
    const tables: Record<string, unknown[]> = {};
    for (const { tenant, view: { table, id, row } } of this.#views.values()) {
      if (row === null) (tables["removed"] ??= []).push({ table, tenant, id });
      else (tables[table] ??= []).push({ tenant, id, ...row });
    }
    return JSON.stringify(tables);
  }
}

/** A context that grew without bound: a fault of its kind, not of the message. */
export class SnapshotTooLarge extends Error {
  readonly actor: string;
  constructor(actor: string, bytes: number) {
    super(`Cannot store ${actor}: its snapshot has ${bytes} bytes, over ${SNAPSHOT_BYTES_MAX}`);
    this.name = "SnapshotTooLarge";
    this.actor = actor;
  }
}

/**
 * The body is spliced in as it came: quoting and parsing it again would cost more than all the
 * rest.
 */
function journalRow(change: Change, shard: number, seq: number): string {
  const { slot, at, type, headerText, bodyText, inputsText } = change;
  const lead = `{"shard":${shard},"seq":${seq},"tenant":${JSON.stringify(slot.address.tenant)},` +
    `"actor":${JSON.stringify(slot.text)},"class":"${change.class}","at":${at},` +
    `"type":${JSON.stringify(type)},"revision":${slot.kind.revision},` +
    `"header":${headerText},"body":${bodyText === "" ? "null" : bodyText}`;
  const facts = change.effects.filter((effect) => effect.type === "fact").map((fact) =>
    statedFact(fact, slot.address.tenant, at)
  );
  const end = facts.length === 0 ? "}" : `,"facts":${JSON.stringify(facts)}}`;
  if (change.class === "S") return lead + noteOf(change.note) + end;
  const reply = change.reply === undefined ? "null" : JSON.stringify(change.reply);
  return `${lead},"inputs":${inputsText ?? "null"},"reply":${reply},` +
    `"effects":${JSON.stringify(change.effects)}${end}`;
}

function noteOf(note: unknown): string {
  return note === undefined ? "" : `,"effects":[{"type":"note","value":${JSON.stringify(note)}}]`;
}

/** `session.started` is said of kind `session`, name `started`. */
function statedFact(
  { name, id, data }: Extract<Effect, { type: "fact" }>,
  tenant: string,
  at: number,
): StatedFact {
  const [kind = name, ...rest] = name.split(".");
  return { kind, name: rest.join("."), id, tenant, at, data };
}
