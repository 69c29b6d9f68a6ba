/** The live connection: one event stream for the whole console, resumed where it broke off. */
import { EventParser, type ServerEvent } from "./sse.ts";

export interface LiveEvent {
  readonly id: string;
  /** `charger`, `session`, `command`, `alert`. */
  readonly kind: string;
  /** `statusChanged`, `metered`, … */
  readonly event: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export type LivePhase = "connecting" | "live" | "lost";
export interface LiveState {
  readonly phase: LivePhase;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** Events are handed on in batches: a page renders once for all that came in this time. */
const batchMs = 80;
const retryMsMin = 500;
const retryMsMax = 15_000;
/** A stream that says nothing for so long is opened anew; resuming makes that harmless. */
const silenceMs = 60_000;

type Open = (lastEventId: string, signal: AbortSignal) => Promise<Response>;

export class LiveFeed {
  readonly #open: Open;
  readonly #listeners = new Set<(events: readonly LiveEvent[]) => void>();
  readonly #stateListeners = new Set<() => void>();
  readonly #resyncListeners = new Set<() => void>();
  readonly #stopper = new AbortController();
  #state: LiveState = { phase: "connecting", since: Date.now() };
  #lastEventId = "";
  #pending: LiveEvent[] = [];
  #flushTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(open: Open) {
    this.#open = open;
  }

  get state(): LiveState {
    return this.#state;
  }

  /** Calls back for each batch of events; the returned function ends it. */
  onEvents(listener: (events: readonly LiveEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onState(listener: () => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  /** Calls back when the stream is open again after a gap: what is on the page may be out of date. */
  onResync(listener: () => void): () => void {
    this.#resyncListeners.add(listener);
    return () => this.#resyncListeners.delete(listener);
  }

  stop(): void {
    this.#stopper.abort();
    clearTimeout(this.#flushTimer);
  }

  /** Runs until `stop`, or until the platform refuses the key. */
  async run(): Promise<void> {
    const signal = this.#stopper.signal;
    let failures = 0;
    while (!signal.aborted) {
      // deno-lint-ignore no-await-in-loop -- one connection after the other is the point
      const wasLive = await this.#connect();
      failures = wasLive ? 1 : failures + 1;
      if (signal.aborted) return;
      this.#become("lost");
      const backOff = Math.min(retryMsMax, retryMsMin * 2 ** (failures - 1));
      // deno-lint-ignore no-await-in-loop -- as above
      await pause(backOff * (0.75 + Math.random() / 2), signal);
    }
  }

  /** One connection from open to close; true when it was open at all. */
  async #connect(): Promise<boolean> {
    const attempt = new AbortController();
    const signal = AbortSignal.any([attempt.signal, this.#stopper.signal]);
    const watchdog = new Watchdog(() => attempt.abort());
    try {
      const response = await this.#open(this.#lastEventId, signal);
      const wasLost = this.#state.phase === "lost";
      this.#become("live");
      if (wasLost) { for (const listener of this.#resyncListeners) listener(); }
      const parser = new EventParser((event) => this.#receive(event));
      const decoder = new TextDecoder();
      for await (const bytes of chunks(response)) {
        watchdog.feed();
        parser.push(decoder.decode(bytes, { stream: true }));
      }
      return true;
    } catch {
      // Whatever broke it, the answer is the same: say so in the banner and try again.
      return this.#state.phase === "live";
    } finally {
      watchdog.end();
      attempt.abort();
    }
  }

  #receive(event: ServerEvent): void {
    if (event.id !== "") this.#lastEventId = event.id;
    // The platform no longer knows what came after our last event.
    if (event.event === "reset") this.#resync();
    const live = readLiveEvent(event);
    if (live === undefined) return;
    this.#pending.push(live);
    this.#flushTimer ??= setTimeout(() => this.#flush(), batchMs);
  }

  #flush(): void {
    const events = this.#pending;
    this.#pending = [];
    this.#flushTimer = undefined;
    for (const listener of this.#listeners) listener(events);
  }

  #resync(): void {
    for (const listener of this.#resyncListeners) listener();
  }

  #become(phase: LivePhase): void {
    if (this.#state.phase === phase) return;
    this.#state = { phase, since: Date.now() };
    for (const listener of this.#stateListeners) listener();
  }
}

/** Undefined for what is no fact: an unnamed event, or data that is no JSON object. */
export function readLiveEvent(event: ServerEvent): LiveEvent | undefined {
  const [kind, name, ...more] = event.event.split(".");
  if (kind === undefined || name === undefined || more.length > 0) return undefined;
  const body = parseObject(event.data);
  return body === undefined ? undefined : { id: event.id, kind, event: name, body };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

class Watchdog {
  #timer: ReturnType<typeof setTimeout>;
  readonly #bark: () => void;

  constructor(bark: () => void) {
    this.#bark = bark;
    this.#timer = setTimeout(bark, silenceMs);
  }

  feed(): void {
    this.end();
    this.#timer = setTimeout(this.#bark, silenceMs);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

async function* chunks(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  while (true) {
    // deno-lint-ignore no-await-in-loop -- a stream is read in order
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
