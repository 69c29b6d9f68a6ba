/**
 * One message worked out on the actors of its partition: pure, nothing is changed until it is
 * committed.
 */
import { type Address, formatAddress, parseAddress, partitionOf } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import type {
  ActorEvent,
  ActorKind,
  ActorState,
  Effect,
  Folded,
  InputRequest,
  PlainEvent,
  ViewRow,
} from "./actor.ts";
import type { MessageHeader } from "./ports/actors.ts";
import { step, type Stepped, withContext } from "./step.ts";

/**
 * Forwards of one commit: a charger closes all its sessions (32 at most), each of which may tell it
 * something back. More is a loop.
 */
const FORWARDS_MAX = 128;

/** A recovery folds fewer samples than this on top of a snapshot. */
export const SAMPLES_PER_SNAPSHOT = 64;
/** `samples` of an actor that was never stored: its first sample writes a snapshot. */
export const NEVER_STORED = 1_000_000;

/** One actor in memory. */
export interface ActorSlot {
  readonly address: Address;
  readonly text: string;
  readonly kind: ActorKind;
  readonly state: ActorState;
  /** Time of its last step: step time never goes back (design rule 1.4). */
  readonly lastAt: number;
  /** Samples folded since its last snapshot; the last of so many writes the next. */
  readonly samples: number;
  /** Effects of entering the initial state, owed by the first transition of a new actor. */
  readonly owed: readonly Effect[];
}

/** What is to be worked out. */
export interface WorkItem {
  readonly to: string;
  readonly header: MessageHeader;
  readonly headerText: string;
  readonly bodyText: string;
  /** A rung alarm or a forwarded event is an event already; all else is translated by the kind. */
  readonly event?: PlainEvent;
  /** The alarm that rang: it is disarmed in the same commit, unless the step arms it again. */
  readonly rung?: { readonly name: string; readonly due: number; readonly generation: number };
}

/** One row of the journal to be, and the actor's state after it. */
export interface Change {
  readonly slot: ActorSlot;
  readonly class: "T" | "S";
  readonly at: number;
  readonly type: string;
  readonly headerText: string;
  readonly bodyText: string;
  readonly inputsText: string | null;
  /** What the asker was answered; only in the row of the message itself. */
  readonly reply: unknown;
  readonly effects: readonly Effect[];
  /** Of a sample: see `Folded.note`. */
  readonly note?: unknown;
  /** Of a transition: rows of read models. */
  readonly views?: readonly ViewRow[];
}

export type WorkOutcome =
  | { readonly outcome: "load"; readonly address: string }
  | { readonly outcome: "inputs"; readonly requests: readonly InputRequest[] }
  | {
    readonly outcome: "done";
    readonly changes: readonly Change[];
    /** JSON value as the asker wants it. */
    readonly reply: unknown;
    readonly refusal: PlatformError | undefined;
  };

export interface WorkContext {
  readonly now: number;
  /** The slot as last worked out, or undefined when it is not in memory. */
  slot(address: string): ActorSlot | undefined;
  readonly inputs: Readonly<Record<string, unknown>> | undefined;
}

const noInputs: Readonly<Record<string, unknown>> = Object.freeze({});

/**
 * @throws {PlatformError} the kind's refusal to translate; anything else thrown is a fault of a
 * chart.
 */
export function work(item: WorkItem, context: WorkContext): WorkOutcome {
  const root = context.slot(item.to);
  if (root === undefined) return { outcome: "load", address: item.to };
  const body: unknown = item.event === undefined ? JSON.parse(item.bodyText) : item.event;
  const delivery = { to: root.address, header: item.header, body, now: context.now };
  const event = item.event ?? root.kind.receive(delivery, root.state.context);
  const target = item.event === undefined
    ? root.kind.route?.(event, root.state.context)
    : undefined;
  const text = target === undefined ? root.text : formatAddress(target);
  const slot = target === undefined ? root : context.slot(text);
  if (slot === undefined) return { outcome: "load", address: text };

  const eventClass = slot.kind.classify(event, slot.state.context, slot.state.value);
  if (context.inputs === undefined && (eventClass === "transition" || eventClass === "question")) {
    const requests = slot.kind.inputs?.(event, slot.state.context) ?? [];
    if (requests.length > 0) return { outcome: "inputs", requests };
  }
  const now = Math.max(context.now, slot.lastAt, item.rung?.due ?? 0);
  const full: ActorEvent = Object.assign(event, { now, inputs: context.inputs ?? noInputs });
  const render = (reply: unknown): unknown =>
    root.kind.render === undefined ? reply : root.kind.render(reply, delivery);

  if (eventClass === "question") {
    const reply = slot.kind.answer?.(full, slot.state.context, slot.state.value);
    return { outcome: "done", changes: [], reply: render(reply), refusal: undefined };
  }
  const headerText = slot === root ? item.headerText : viaHeader(root.kind.kind, item.headerText);
  if (eventClass === "transition") {
    return transition({ item: { ...item, headerText }, context, slot, event: full }, render);
  }

  const folded = slot.kind.fold?.(full, slot.state.context);
  if (folded === undefined) {
    throw new TypeError(`Cannot fold in ${slot.text}: the kind has no fold`);
  }
  const next: ActorSlot = { ...slot, state: withContext(slot.state, folded.context), lastAt: now };
  const reply = render(folded.reply);
  if (eventClass === "beat") {
    return { outcome: "done", changes: [silent(next)], reply, refusal: undefined };
  }
  const change: Change = {
    slot: { ...next, samples: withOneMore(slot.samples) },
    class: "S",
    at: now,
    type: event.type,
    headerText,
    bodyText: item.bodyText,
    inputsText: null,
    reply: null,
    effects: folded.facts ?? [],
    note: folded.note,
  };
  return { outcome: "done", changes: [change], reply, refusal: undefined };
}

function withOneMore(samples: number): number {
  if (samples >= NEVER_STORED) return SAMPLES_PER_SNAPSHOT;
  return samples >= SAMPLES_PER_SNAPSHOT ? 1 : samples + 1;
}

/** A change that moves the state in memory and is not written. Its type is empty. */
function silent(slot: ActorSlot): Change {
  return {
    slot,
    class: "S",
    at: slot.lastAt,
    type: "",
    headerText: "",
    bodyText: "",
    inputsText: null,
    reply: null,
    effects: [],
  };
}

export function isWritten(change: Change): boolean {
  return change.type !== "";
}

/** The translating kind is noted, so that a recovery can translate the journalled body again. */
function viaHeader(kind: string, headerText: string): string {
  return `{"via":"${kind}",${headerText.slice(1)}`;
}

interface TransitionRequest {
  readonly item: WorkItem;
  readonly context: WorkContext;
  readonly slot: ActorSlot;
  readonly event: ActorEvent;
}

function transition(
  { item, context, slot, event }: TransitionRequest,
  render: (reply: unknown) => unknown,
): WorkOutcome {
  const run = new TransitionRun(context);
  const missing = run.step(slot, event, item);
  if (missing !== undefined) return { outcome: "load", address: missing };
  const reply = run.refusal === undefined ? render(run.reply) : undefined;
  const [first, ...forwarded] = run.changes;
  const changes = first === undefined ? [] : [{ ...first, reply }, ...forwarded];
  return { outcome: "done", changes, reply, refusal: run.refusal };
}

/** A transition with all that it forwards, in one commit. */
class TransitionRun {
  readonly changes: Change[] = [];
  reply: unknown = undefined;
  refusal: PlatformError | undefined = undefined;
  readonly #context: WorkContext;
  readonly #slots = new Map<string, ActorSlot>();
  #forwards = 0;

  constructor(context: WorkContext) {
    this.#context = context;
  }

  /** Returns the address of an actor that has to be loaded first, or undefined when all is done. */
  step(before: ActorSlot, event: ActorEvent, item: WorkItem): string | undefined {
    const stepped: Stepped = step(before.kind, before.state, event);
    const owed: readonly Effect[] = item.rung === undefined
      ? before.owed
      : [...before.owed, { type: "disarm", name: item.rung.name }];
    const effects = owed.length === 0 ? stepped.effects : [...owed, ...stepped.effects];
    const after: ActorSlot = {
      ...before,
      state: stepped.state,
      lastAt: event.now,
      samples: 0,
      owed: [],
    };
    this.#slots.set(after.text, after);
    this.#noteAnswer(effects);
    const hasInputs = event.inputs !== noInputs;
    this.changes.push({
      slot: after,
      class: "T",
      at: event.now,
      type: event.type,
      headerText: item.headerText,
      bodyText: item.bodyText,
      inputsText: hasInputs ? JSON.stringify(event.inputs) : null,
      reply: undefined,
      effects,
      ...viewsOf(after),
    });
    for (const effect of effects) {
      if (effect.type !== "forward") continue;
      const missing = this.#forward(effect.to, effect.event, event);
      if (missing !== undefined) return missing;
    }
    return undefined;
  }

  #noteAnswer(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === "reply" && this.reply === undefined) this.reply = effect.value;
      if (effect.type === "refuse" && this.refusal === undefined) {
        this.refusal = new PlatformError(effect.kind as PlatformError["kind"], effect.detail);
      }
    }
  }

  #forward(to: string, plain: PlainEvent, cause: ActorEvent): string | undefined {
    const slot = this.#slots.get(to) ?? this.#context.slot(to);
    if (slot === undefined) return to;
    assertSamePartition(slot, this.changes[0]?.slot);
    if (++this.#forwards > FORWARDS_MAX) {
      throw new RangeError(`Cannot forward to ${to}: more than ${FORWARDS_MAX} forwards`);
    }
    const event: ActorEvent = {
      ...plain,
      now: Math.max(cause.now, slot.lastAt),
      inputs: cause.inputs,
    };
    const item: WorkItem = {
      to,
      header: { type: plain.type, cause: "forward" },
      headerText: `{"type":${JSON.stringify(plain.type)},"cause":"forward"}`,
      bodyText: JSON.stringify(plain),
      event: plain,
    };
    const eventClass = slot.kind.classify(plain, slot.state.context, slot.state.value);
    if (eventClass === "transition") return this.step(slot, event, item);
    const folded = slot.kind.fold?.(event, slot.state.context);
    if (folded === undefined) {
      throw new TypeError(`Cannot forward "${plain.type}" to ${to}: no fold`);
    }
    this.#foldForwarded(slot, event, item, folded);
    return undefined;
  }

  #foldForwarded(
    slot: ActorSlot,
    event: ActorEvent,
    item: WorkItem,
    folded: Folded<unknown>,
  ): void {
    const after: ActorSlot = {
      ...slot,
      state: withContext(slot.state, folded.context),
      lastAt: event.now,
      samples: withOneMore(slot.samples),
    };
    this.#slots.set(after.text, after);
    if (this.reply === undefined) this.reply = folded.reply;
    this.changes.push({
      slot: after,
      class: "S",
      at: event.now,
      type: event.type,
      headerText: item.headerText,
      bodyText: item.bodyText,
      inputsText: null,
      reply: null,
      effects: folded.facts ?? [],
      note: folded.note,
    });
  }
}

function viewsOf({ kind, state, address }: ActorSlot): { views?: readonly ViewRow[] } {
  if (kind.views === undefined) return {};
  return { views: kind.views(state.context, state.value, address) };
}

function assertSamePartition(slot: ActorSlot, sender: ActorSlot | undefined): void {
  if (sender === undefined) return;
  const here = partitionOf(sender.address.key);
  if (slot.address.tenant === sender.address.tenant && partitionOf(slot.address.key) === here) {
    return;
  }
  throw new TypeError(`Cannot forward from ${sender.text} to ${slot.text}: another partition`);
}

/** The event of a journalled sample, for recovery and replay. */
export function journalledEvent(
  kinds: ReadonlyMap<string, ActorKind>,
  row: { actor: string; at: number; header: string; body: string | null; inputs: string | null },
): ActorEvent {
  const header = JSON.parse(row.header) as MessageHeader & { readonly via?: string };
  const address = parseAddress(row.actor);
  const inputs = row.inputs === null
    ? noInputs
    : JSON.parse(row.inputs) as Readonly<Record<string, unknown>>;
  const body: unknown = JSON.parse(row.body ?? "{}");
  if (header.cause === "forward" || header.type === "alarm") {
    return { ...(body as PlainEvent), now: row.at, inputs };
  }
  const translator = kinds.get(header.via ?? address.kind);
  if (translator === undefined) {
    throw new TypeError(`Cannot read the journal: no kind "${header.via}"`);
  }
  const plain = translator.receive({ to: address, header, body, now: row.at }, undefined);
  return { ...plain, now: row.at, inputs };
}
