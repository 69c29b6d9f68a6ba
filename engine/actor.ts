import type { AnyMachineSnapshot, AnyStateMachine } from "xstate";
import type { Address } from "#schemas/address.ts";
import type { MessageHeader } from "./ports/actors.ts";
import type { Instant } from "./ports/clock.ts";

/**
 * How an event passes an actor:
 * - `transition` steps the chart and writes journal row and snapshot;
 * - `sample` passes the pure `fold` and writes one journal row;
 * - `beat` passes `fold`, writes nothing, and is answered from memory under ownership proof;
 * - `question` is answered by `answer` from the state as it is; nothing changes.
 */
export type EventClass = "transition" | "sample" | "beat" | "question";

/**
 * An event inside an actor: plain data. The engine adds `now` (step time) and `inputs` (drawn
 * values).
 */
export interface ActorEvent {
  readonly type: string;
  readonly now: Instant;
  /** What `inputs` asked for, by name; journalled, so that a replay sees the same. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** A message as it reached the actor: header, and the parsed body. */
export interface Delivery {
  readonly to: Address;
  readonly header: MessageHeader;
  readonly body: unknown;
  readonly now: Instant;
}

/**
 * A value the step needs and may not make itself: `{ name: "token", source: "token", request: {…}
 * }`.
 */
export interface InputRequest {
  /** Under which name it appears in `event.inputs`. */
  readonly name: string;
  /** Which provider of the worker gives it (see `InputProviders`). */
  readonly source: string;
  readonly request: unknown;
  /**
   * It is read from what the actor's own commits leave: it is asked for only when all of them are
   * through.
   */
  readonly readsOwnRows?: true;
}

/**
 * Gives inputs: from memory at once, or later (the actor's mailbox waits). A throw withholds the
 * answer.
 */
export type InputProviders = Readonly<
  Record<string, (tenant: string, request: unknown) => unknown | Promise<unknown>>
>;

/** What a step wants done after its commit. Charts emit them as actions of these types. */
export type Effect =
  /**
   * The answer to whoever sent the event (JSON value in our words; `render` gives the wire form).
   */
  | { readonly type: "reply"; readonly value: unknown }
  /** Refuses: the asker gets this error. The step is committed all the same. */
  | { readonly type: "refuse"; readonly kind: string; readonly detail: string }
  /**
   * Steps another actor of the same partition in the same commit; its reply becomes ours if we gave
   * none.
   */
  | { readonly type: "forward"; readonly to: string; readonly event: PlainEvent }
  /** Tells an actor anywhere, at least once, by the outbox; the receiver drops repeats. */
  | { readonly type: "tell"; readonly to: string; readonly event: PlainEvent }
  /** Sends text to a bus inbox (a gateway, an api) after the commit, at most once. */
  | { readonly type: "send"; readonly subject: string; readonly text: string }
  /** Rings `event` at `due` unless disarmed or armed again under the same name. Durable. */
  | {
    readonly type: "arm";
    readonly name: string;
    readonly due: Instant;
    readonly event: PlainEvent;
  }
  | { readonly type: "disarm"; readonly name: string }
  /** Says to the world what happened: `fact.<kind>.<name>.<id>`. */
  | { readonly type: "fact"; readonly name: string; readonly id: string; readonly data: unknown };

/** An event before the engine has added `now` and `inputs`. */
export interface PlainEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/**
 * A row of a read model, written in the same commit: `row` holds every column of `table` that it
 * sets.
 */
export interface ViewRow {
  readonly table: string;
  /** Unique within table and tenant; the newest row of a batch wins. */
  readonly id: string;
  /** Null removes the row. Columns by their SQL names, without tenant and id. */
  readonly row: Readonly<Record<string, unknown>> | null;
  /**
   * For tables where an update leaves some columns as they were: what becomes of a row that the
   * same batch has written before, as the database would have made it of both.
   */
  readonly over?: (before: ViewCells) => ViewCells;
}

export type ViewCells = Readonly<Record<string, unknown>>;

/** The outcome of folding a sample or a beat. */
export interface Folded<Context> {
  readonly context: Context;
  readonly reply: unknown;
  /** Of a sample alone: what it says to the world. Keep it rare: samples are the bulk of all rows. */
  readonly facts?: readonly Extract<Effect, { type: "fact" }>[];
  /** Of a sample alone: a small JSON value in its row, for those who follow the journal. */
  readonly note?: unknown;
}

/** What is stored of an actor. */
export interface StoredSnapshot {
  readonly version: number;
  readonly value: unknown;
  readonly context: unknown;
}

/**
 * A kind of actor: a chart and the pure functions around it. Everything here is a function of its
 * arguments: no clock, no chance, no I/O.
 */
// deno-lint-ignore no-explicit-any
export interface ActorKind<Context = any, Event extends ActorEvent = any> {
  readonly kind: string;
  /** Revision of the code's behaviour; a journal names the revision that wrote it. */
  readonly revision: number;
  readonly machine: AnyStateMachine;
  /** Input for the machine of an actor that has no snapshot yet. */
  initialInput(address: Address): unknown;
  /**
   * Translates a message into the actor's event (without `now` and `inputs`).
   * @throws {PlatformError} when it has no meaning here; nothing changes then.
   */
  receive(delivery: Delivery, context: Context): PlainEvent;
  /** Another actor of the same partition that shall have this event instead, or undefined. */
  route?(event: PlainEvent, context: Context): Address | undefined;
  classify(event: PlainEvent, context: Context, value: unknown): EventClass;
  /** What the step needs from outside. Called for transitions only. */
  inputs?(event: PlainEvent, context: Context): readonly InputRequest[];
  fold?(event: Event, context: Context): Folded<Context>;
  answer?(event: Event, context: Context, value: unknown): unknown;
  /** Read-model rows after a transition. */
  views?(context: Context, value: unknown, address: Address): readonly ViewRow[];
  /**
   * The reply as the asker wants it, by the event that caused it (OCPP 1.6 and 2.x differ). JSON
   * value.
   */
  render?(reply: unknown, delivery: Delivery): unknown;
  readonly snapshot: {
    readonly version: number;
    /** Context to plain JSON data, and back from any version ever stored. */
    encode(context: Context): unknown;
    decode(stored: StoredSnapshot): { readonly value: unknown; readonly context: Context };
  };
}

/** A live state: XState's machine snapshot, whose context the folds replace. */
export type ActorState = AnyMachineSnapshot;

export function defineActor<Context, Event extends ActorEvent>(
  kind: ActorKind<Context, Event>,
): ActorKind<Context, Event> {
  return kind;
}
