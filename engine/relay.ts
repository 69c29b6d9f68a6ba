import { HintedLoop } from "./hinted_loop.ts";
import type { Clock } from "./ports/clock.ts";
import type { FactKey, FactPublisher, OutgoingFact, StatedFact } from "./ports/facts.ts";
import type { JournalEntry, JournalPass, JournalReader } from "./ports/journal.ts";
import type { CounterMetric, HistogramMetric, Telemetry } from "./telemetry.ts";

const CURSORS = "facts";
/**
 * Up to which sequence of the stream the cursors are known to account for: a cursor without a
 * shard.
 */
const ACCOUNTED = "facts.stream";
const NO_SHARD = -1;
/** Two event-loop turns of commits share a pass; a fact is out within some 10 ms. */
const GATHER_MS = 3;
/** Messages to JetStream in flight at once. */
const FACTS_MAX = 256;

export interface RelayParts {
  readonly reader: Pick<JournalReader<never>, "behind" | "read" | "move" | "cursors" | "place">;
  readonly publisher: FactPublisher;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Whether this process relays now. Two at once are safe and wasteful. */
  readonly isOurs?: () => boolean;
}

/**
 * Takes facts from the journal to the stream: each once, in order per shard. The journal is the
 * outbox; a crash, a lost acknowledgement or a second relay is settled by what the stream itself
 * holds behind the last sequence that the cursors account for.
 */
export class FactRelay {
  readonly #parts: RelayParts;
  readonly #loop: HintedLoop;
  readonly #published: CounterMetric;
  readonly #lag: HistogramMetric;
  /** Last sequence of the stream, or undefined when the stream has to be looked at first. */
  #streamLast: number | undefined;
  /** Facts in the stream whose rows the cursors have not passed, as `seq:place` per shard. */
  readonly #ahead = new Map<number, Map<string, number>>();

  constructor(parts: RelayParts) {
    this.#parts = parts;
    const { clock, telemetry } = parts;
    const isOurs = parts.isOurs ?? (() => true);
    this.#published = telemetry.counter("statewatt_facts_published_total", "Facts in the stream");
    this.#lag = telemetry.histogram("statewatt_fact_lag_seconds", "From step to stream");
    this.#loop = new HintedLoop({
      name: "relay of facts",
      clock,
      telemetry,
      gatherMs: GATHER_MS,
      look: () => this.#look(isOurs()),
      isOurs,
      pass: (shards, doneAt) => this.#pass(shards, doneAt),
    });
  }

  /** These shards have committed. */
  hint(shards: Iterable<number>): void {
    this.#loop.hint(shards);
  }

  /** Publishes all there is. */
  settle(): Promise<void> {
    return this.#loop.settle();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  #look(isOurs: boolean): Promise<readonly number[] | undefined> {
    if (isOurs) return this.#parts.reader.behind(CURSORS);
    // Whoever relays meanwhile moves the stream on.
    this.#streamLast = undefined;
    return Promise.resolve(undefined);
  }

  async #pass(
    hinted: readonly number[],
    sinceAt: number | undefined,
  ): Promise<readonly number[]> {
    const { reader } = this.#parts;
    const streamLast = this.#streamLast ?? await this.#reconcile();
    // Whatever fails from here on leaves open what the stream holds.
    this.#streamLast = undefined;
    const shards = [...new Set([...hinted, ...this.#ahead.keys()])].sort((a, b) => a - b);
    const filter = { withFacts: true };
    const pass = await reader.read({ name: CURSORS, shards, filter, rowsMax: FACTS_MAX, sinceAt });
    const facts = pass.entries.flatMap((entry) => this.#factsOf(entry))
      .filter((fact) => !this.#ahead.get(fact.shard)?.has(placeText(fact)));
    const last = await this.#publish(facts, streamLast);
    await this.#noteDone(pass, last);
    this.#streamLast = last;
    return pass.unfinished;
  }

  /**
   * Learns from the stream what was published and not noted, by us before a crash or by another
   * relay.
   */
  async #reconcile(): Promise<number> {
    const { reader, publisher, telemetry } = this.#parts;
    const cursors = await reader.cursors(CURSORS);
    const accounted = (await reader.cursors(ACCOUNTED)).get(NO_SHARD) ?? 0;
    let tail = await publisher.publishedAfter(accounted);
    if (tail.lastSequence < accounted) {
      telemetry.log("error", "the stream of facts has lost its end", {
        accounted,
        lastSequence: tail.lastSequence,
      });
      tail = { lastSequence: tail.lastSequence, facts: [] };
      await reader.place(ACCOUNTED, new Map([[NO_SHARD, tail.lastSequence]]));
    }
    this.#ahead.clear();
    for (const { sequence, ...key } of tail.facts) {
      if (key.seq <= (cursors.get(key.shard) ?? 0)) continue;
      const ofShard = this.#ahead.get(key.shard) ?? new Map<string, number>();
      this.#ahead.set(key.shard, ofShard.set(placeText(key), sequence));
    }
    return tail.lastSequence;
  }

  async #publish(facts: readonly OutgoingFact[], streamLast: number): Promise<number> {
    let last = streamLast;
    for (let first = 0; first < facts.length; first += FACTS_MAX) {
      const block = facts.slice(first, first + FACTS_MAX);
      // deno-lint-ignore no-await-in-loop -- the sequences build on each other.
      last = await this.#parts.publisher.publish(block, last);
    }
    this.#published.add(facts.length);
    const now = this.#parts.clock.now();
    for (const { fact } of facts) this.#lag.observe(Math.max(0, now - fact.at) / 1_000);
    return last;
  }

  async #noteDone(pass: JournalPass, streamLast: number): Promise<void> {
    const { reader } = this.#parts;
    await reader.move(CURSORS, pass.cursors);
    for (const [shard, seq] of pass.cursors) this.#forget(shard, seq);
    // While a published row is still ahead of its cursor, the stream has to be read from there
    // again.
    if (this.#ahead.size === 0 && pass.entries.length > 0) {
      await reader.move(ACCOUNTED, new Map([[NO_SHARD, streamLast]]));
    }
  }

  #forget(shard: number, upto: number): void {
    const ofShard = this.#ahead.get(shard);
    if (ofShard === undefined) return;
    for (const place of ofShard.keys()) {
      if (Number(place.slice(0, place.indexOf(":"))) <= upto) ofShard.delete(place);
    }
    if (ofShard.size === 0) this.#ahead.delete(shard);
  }

  #factsOf({ shard, seq, facts }: JournalEntry): readonly OutgoingFact[] {
    return (JSON.parse(facts ?? "[]") as readonly StatedFact[]).map((fact, place) => ({
      shard,
      seq,
      place,
      fact: { ...fact, name: withoutKind(fact) },
    }));
  }
}

function placeText({ seq, place }: FactKey): string {
  return `${seq}:${place}`;
}

/** Charts name facts in full (`session.started`), subjects and events in two parts. */
function withoutKind({ kind, name }: StatedFact): string {
  return name.startsWith(`${kind}.`) ? name.slice(kind.length + 1) : name;
}
