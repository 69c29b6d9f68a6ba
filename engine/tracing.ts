/**
 * Traces of messages on their way from a station's socket to the answer, over all processes.
 *
 * All messages of one plug-in share a trace: its id is a digest of the session's address, which
 * only the worker knows. So a gateway begins a trace with an id of its own, the worker finds out
 * which session the message touched, and says it with the answer. A message that touches no session
 * (BootNotification, Heartbeat) is a trace by itself.
 *
 * Nothing here runs for a message that is not traced: its header has no `traceparent`.
 */
import { createHash } from "node:crypto";
import { stableHash } from "#schemas/address.ts";
import type { Clock } from "./ports/clock.ts";
import type { Random } from "./ports/random.ts";
import type { Span, SpanAttributes, SpanKind, SpanSink } from "./ports/spans.ts";

/** Long enough that nearly no session sees its station's turn begin or end. */
const TURN_MS = 7 * 24 * 60 * 60 * 1_000;
/** Beyond this the wall clock was set: spans follow it. */
const CLOCK_SET_MS = 2;

export interface TracerParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly sink: SpanSink;
  /** Share of the stations that are traced at a time, 0 to 1. */
  readonly ratio: number;
}

/** Where a span hangs. Written as W3C Trace Context has it: `00-<trace>-<span>-01`. */
export interface SpanPlace {
  readonly traceId: string;
  readonly spanId: string;
}

export class Tracer {
  readonly #parts: TracerParts;
  #wallOrigin = -Infinity;

  constructor(parts: TracerParts) {
    this.#parts = parts;
  }

  /**
   * Whether the messages of a station are traced now. Stations are drawn for a week each, so that a
   * plug-in is traced whole; every gateway draws the same.
   */
  draws(key: string): boolean {
    const { clock, ratio } = this.#parts;
    const turn = Math.floor((clock.now() + stableHash(key)) / TURN_MS);
    return stableHash(`${key}/${turn}`) < ratio * 2 ** 32;
  }

  /** Begins a trace. `startedAt`: the monotonic time at which it began. */
  begin(name: string, startedAt: number, attributes: SpanAttributes): MessageTrace {
    const traceId = this.newId() + this.newId();
    return new MessageTrace(this, { name, kind: "server", traceId, startedAt, attributes });
  }

  /** Goes on with a trace that came with a message; undefined when its text cannot be read. */
  join(traceparent: string, name: string, attributes: SpanAttributes): MessageTrace | undefined {
    const parent = readTraceparent(traceparent);
    if (parent === undefined) return undefined;
    const { traceId, spanId: parentId } = parent;
    const startedAt = this.monotonic();
    return new MessageTrace(this, {
      ...{ name, kind: "consumer", traceId, parentId, startedAt, attributes },
    });
  }

  newId(): string {
    // The last 16 digits of a version 4 UUID: 62 bits of chance.
    return this.#parts.random.uuid().replaceAll("-", "").slice(16);
  }

  monotonic(): number {
    return this.#parts.clock.monotonic();
  }

  /** The wall clock counts whole ms; its latest tick seen tells more when put on the monotonic. */
  wallOf(monotonicAt: number): number {
    const { clock } = this.#parts;
    const origin = clock.now() - clock.monotonic();
    if (Math.abs(this.#wallOrigin - origin) > CLOCK_SET_MS) this.#wallOrigin = origin;
    this.#wallOrigin = Math.max(this.#wallOrigin, origin);
    return this.#wallOrigin + monotonicAt;
  }

  export(spans: readonly Span[]): void {
    this.#parts.sink.add(spans);
  }
}

interface TraceStart {
  readonly name: string;
  readonly kind: SpanKind;
  readonly traceId: string;
  readonly parentId?: string;
  /** Monotonic. */
  readonly startedAt: number;
  readonly attributes: SpanAttributes;
}

interface Stage {
  readonly name: string;
  readonly kind: SpanKind;
  readonly spanId: string;
  readonly startedAt: number;
  endedAt: number;
}

/** What one process does for one message: a span, and one below it for each stage, in order. */
export class MessageTrace {
  readonly #tracer: Tracer;
  readonly #start: TraceStart;
  readonly #spanId: string;
  readonly #stages: Stage[] = [];
  #attributes: SpanAttributes;
  #traceId: string;
  #parentId: string | undefined;
  #plugIn: Span | undefined;
  #plugInPlace: SpanPlace | undefined;
  #isEnded = false;

  constructor(tracer: Tracer, start: TraceStart) {
    this.#tracer = tracer;
    this.#start = start;
    this.#spanId = tracer.newId();
    this.#attributes = start.attributes;
    this.#traceId = start.traceId;
    this.#parentId = start.parentId;
  }

  get traceId(): string {
    return this.#traceId;
  }

  /** Ends the running stage and begins the next; its start is `at` (monotonic), or now. */
  stage(name: string, kind: SpanKind = "internal", at = this.#tracer.monotonic()): void {
    this.#endStage(at);
    this.#stages.push({ name, kind, spanId: this.#tracer.newId(), startedAt: at, endedAt: -1 });
  }

  /** The running stage turns out not to have been one. */
  dropStage(name: string): void {
    if (this.#stages.at(-1)?.name === name) this.#stages.pop();
  }

  note(attributes: SpanAttributes): void {
    this.#attributes = { ...this.#attributes, ...attributes };
  }

  /** For the other side of the running stage. */
  get traceparent(): string {
    return traceparentOf({
      traceId: this.#traceId,
      spanId: this.#stages.at(-1)?.spanId ?? this.#spanId,
    });
  }

  /** The message belongs to the plug-in of this session; `isNew`: it begins with it. */
  belongsTo(session: string, isNew: boolean): void {
    const place = plugInOf(session);
    this.#plugInPlace = place;
    this.#traceId = place.traceId;
    if (!isNew) return;
    const startAt = this.#tracer.wallOf(this.#start.startedAt);
    this.#plugIn = {
      ...place,
      parentId: undefined,
      name: "plug-in",
      kind: "internal",
      startAt,
      endAt: startAt,
      attributes: { "statewatt.session": session },
      error: undefined,
    };
  }

  /** What the other side needs to know to put its spans into the plug-in's trace, too. */
  get plugIn(): string | undefined {
    return this.#plugInPlace === undefined ? undefined : traceparentOf(this.#plugInPlace);
  }

  /** The other side has found out to which plug-in the message belongs. */
  adopt(plugIn: string | undefined): void {
    const place = plugIn === undefined ? undefined : readTraceparent(plugIn);
    if (place === undefined) return;
    this.#traceId = place.traceId;
    this.#parentId = place.spanId;
  }

  /** Ends all and gives it away. Repeatable: only the first counts. */
  end(error?: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const endedAt = this.#tracer.monotonic();
    this.#endStage(endedAt);
    const { name, kind, startedAt } = this.#start;
    const own = this.#span({ name, kind, startedAt, endedAt, spanId: this.#spanId }, error);
    const below = this.#stages.map((stage) => ({ ...this.#span(stage), attributes: {} }));
    const spans = [{ ...own, parentId: this.#parentId }, ...below];
    this.#tracer.export(this.#plugIn === undefined ? spans : [this.#plugIn, ...spans]);
  }

  #endStage(at: number): void {
    const running = this.#stages.at(-1);
    if (running !== undefined && running.endedAt < 0) running.endedAt = at;
  }

  #span({ name, kind, spanId, startedAt, endedAt }: Stage, error?: string): Span {
    return {
      traceId: this.#traceId,
      spanId,
      parentId: this.#spanId,
      name,
      kind,
      startAt: this.#tracer.wallOf(startedAt),
      endAt: this.#tracer.wallOf(endedAt),
      attributes: this.#attributes,
      error,
    };
  }
}

/** The same for every process and every message of the session. */
export function plugInOf(session: string): SpanPlace {
  const digest = createHash("sha256").update(`plug-in ${session}`).digest("hex");
  return { traceId: digest.slice(0, 32), spanId: digest.slice(32, 48) };
}

function traceparentOf({ traceId, spanId }: SpanPlace): string {
  return `00-${traceId}-${spanId}-01`;
}

function readTraceparent(text: string): SpanPlace | undefined {
  const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(text);
  if (match === null) return undefined;
  const [, traceId = "", spanId = ""] = match;
  return { traceId, spanId };
}
