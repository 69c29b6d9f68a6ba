/** What happened, as the world is told: each fact once, in order per shard. */
export interface StatedFact {
  /** Actor kind, for example `session`. */
  readonly kind: string;
  /** What happened to it, for example `started`. */
  readonly name: string;
  /** The station or location it belongs to: bounded, so that subjects are, too. */
  readonly id: string;
  readonly tenant: string;
  /** Step time, ms since the epoch. */
  readonly at: number;
  readonly data: unknown;
}

export interface Fact extends StatedFact {
  /** Rises along the stream; a follower resumes behind it. */
  readonly sequence: number;
  /** `fact.<kind>.<name>.<subject token of id>` */
  readonly subject: string;
}

export interface FactHandlers {
  onFact(fact: Fact): void;
  /**
   * What was asked for is no longer in the stream (too old, or the stream was lost): state derived
   * from facts has to be read anew. Facts after `sequence` follow.
   */
  onReset(sequence: number): void;
}

export interface FollowFacts {
  /** Resume behind this sequence; without it only what happens from now on. */
  readonly afterSequence?: number;
  /** Subjects with NATS wildcards, for example `fact.session.>`; without it all. */
  readonly subjects?: readonly string[];
}

export interface FactFeed {
  /** Gives facts in order, over reconnects, until the returned function is called. */
  follow(which: FollowFacts, handlers: FactHandlers): () => void;
  /** Sequence of the newest fact, 0 when there is none. */
  lastSequence(): Promise<number>;
}

/** Identity of a fact: the n-th of its journal row. */
export interface FactKey {
  readonly shard: number;
  readonly seq: number;
  readonly place: number;
}

export interface OutgoingFact extends FactKey {
  readonly fact: StatedFact;
}

export interface PublishedTail {
  readonly lastSequence: number;
  /** In the order of the stream. */
  readonly facts: readonly (FactKey & { readonly sequence: number })[];
}

/** The writing end of the stream of facts. */
export interface FactPublisher {
  /**
   * Appends the facts in order, the first right behind `expectedLast`, and resolves with the
   * sequence of the last one. On a throw a first part of them may have been appended, none twice,
   * none out of order.
   */
  publish(facts: readonly OutgoingFact[], expectedLast: number): Promise<number>;
  /** What the stream holds behind this sequence. */
  publishedAfter(sequence: number): Promise<PublishedTail>;
}
