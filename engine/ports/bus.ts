/**
 * Messages between processes: to actors by shard, to gateways and apis by inbox, and facts about
 * what happened. At most once: every hop has a deadline and the sender retries or refuses. The
 * in-process short-cut and NATS pass the same texts and prove it with `bus_contract.ts`.
 */
export interface Bus {
  /**
   * Sends one message and resolves with the answer's text.
   * Frames of one event-loop turn to one subject travel together.
   *
   * @throws {PlatformError} "timed-out" when no answer came in `timeoutMs`, "unavailable" when
   * nobody listens or the connection is down, "overloaded" when too many answers are awaited; else
   * what the listener threw.
   */
  ask(subject: string, text: string, timeoutMs: number): Promise<string>;
  /** Sends one message that has no answer. Lost without a trace when nobody listens. */
  tell(subject: string, text: string): void;
  /**
   * Handles messages of a subject (no wildcards but a last `>`). For an `ask` the handler's text is
   * the answer and a throw is the asker's error; undefined means "withheld": the asker runs into
   * its time-out. The returned function ends it, repeatably.
   */
  listen(subject: string, handler: BusHandler): () => void;
  /** Whether messages can leave now (false while the connection is down). */
  isConnected(): boolean;
  close(): Promise<void>;
}

/** `remainingMs`: how long the asker still waits; undefined for a tell. */
export type BusHandler = (
  text: string,
  remainingMs: number | undefined,
) => Promise<string | undefined> | string | undefined;
