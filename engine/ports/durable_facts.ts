/**
 * Consumers of facts whose position survives restarts, and reading back in the stream. What follows
 * live and may begin anew uses `FactFeed`; what must not miss a fact uses this.
 */
import type { Instant } from "./clock.ts";
import type { Fact } from "./facts.ts";

export interface DurableFact extends Fact {
  /**
   * Identity of the fact, the same at every delivery and in every life of the stream:
   * `<shard>:<seq>:<place>` of its journal row.
   */
  readonly key: string;
  /** Which life of the stream `sequence` counts in, rising: another era counts anew. */
  readonly era: number;
}

/** A fact as a consumer gets it. */
export interface DeliveredFact extends DurableFact {
  /** 1 = the first time. */
  readonly attempt: number;
}

/** What a handler says when it has done what it can. */
export type FactOutcome =
  /** Its own effect is durable: the fact is never delivered to this consumer again. */
  | { readonly done: true }
  /** Not now: the fact comes again after this time, or later. Others go on meanwhile. */
  | { readonly retryAfterMs: number }
  /** Never: as done, and the reason is logged and counted. */
  | { readonly gaveUp: string };

/** Must allow for repeats: a fact whose acknowledgement was lost is delivered again. */
export type FactHandler = (fact: DeliveredFact) => Promise<FactOutcome>;

/** Where reading begins: behind a sequence, or with the first fact at or after an instant. */
export type FactStart = { readonly afterSequence: number } | { readonly at: Instant };

export interface ConsumeFacts {
  /** Letters, digits, `_` and `-`. Consumers of one name in several processes share the facts. */
  readonly name: string;
  /** Subjects with NATS wildcards, for example `fact.session.>`; without it all. */
  readonly subjects?: readonly string[];
  /**
   * Where a consumer begins that has never been; one that exists goes on where it is. Without it
   * behind the newest fact.
   */
  readonly startAfter?: FactStart;
  /** Facts of all processes together that are at work at once; default 256. */
  readonly inFlightMax?: number;
}

/** Up to where a consumer has dealt with every fact. */
export interface FactFloor {
  readonly era: number;
  readonly sequence: number;
}

export interface FactConsumption {
  /** Resolves once the consumer exists: every later fact will reach it. */
  readonly started: Promise<void>;
  /** Rejects when the stream cannot be asked now. */
  floor(): Promise<FactFloor>;
  /** Takes no more facts and waits (some seconds at most) for those at work. Repeatable. */
  close(): Promise<void>;
}

export interface FactPage {
  /** Oldest first. */
  readonly facts: readonly DurableFact[];
  /** Everything up to here was read: where the next page begins. */
  readonly upTo: number;
  /** Newest sequence of the stream. */
  readonly last: number;
}

/** Reading what has been, without a position of one's own. Every call rejects when it cannot. */
export interface FactHistory {
  /**
   * At most `max` facts behind a sequence. Undefined when some of them have left the stream, or
   * when it has never come so far.
   */
  read(afterSequence: number, max: number): Promise<FactPage | undefined>;
  /** The sequence behind which lie all facts at or after this instant that are still kept. */
  sequenceBefore(at: Instant): Promise<number>;
}

export interface DurableFacts extends FactHistory {
  /**
   * Gives each fact to one of the processes that consume under this name, again and again until one
   * of them is done with it: after a crash in between, a lost acknowledgement, a restart of the
   * server. Goes on over reconnects.
   */
  consume(which: ConsumeFacts, handler: FactHandler): FactConsumption;
  /**
   * Sets the position of a consumer of all processes; what was delivered since may come again.
   * Rejects when it did not happen, or not for certain: then repeat it.
   */
  rewind(name: string, to: FactStart): Promise<void>;
}
