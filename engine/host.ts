/**
 * The actors of one worker. A message goes: bus → partition's mailbox → `work` (pure) → a lane's
 * open batch → commit → answer and effects. Everything that leaves has been committed; everything
 * that was not committed is thrown away and worked out again.
 */
import { PlatformError, toPlatformError } from "#schemas/errors.ts";
import type { ActorKind, InputProviders, PlainEvent } from "./actor.ts";
import { Alarms } from "./alarms.ts";
import { carryOut, type EffectEnds } from "./carry_out.ts";
import { CommitHints, type CommittedRows } from "./commit_hints.ts";
import { Custody, moved } from "./custody.ts";
import { Lane, type LaneHost, type Unit } from "./lane.ts";
import { type HostCounts, hostCounts } from "./host_counts.ts";
import { setAside } from "./dead_letter.ts";
import { Inputs } from "./inputs.ts";
import { Loader } from "./loader.ts";
import { Outbox } from "./outbox.ts";
import { type Answer, type Item, MAILBOX_MAX, type Partition, Partitions } from "./partition.ts";
import { takeRepeats } from "./partition.ts";
import type { Actors } from "./ports/actors.ts";
import type { Bus } from "./ports/bus.ts";
import type { Clock } from "./ports/clock.ts";
import type { AlarmRow, Store } from "./ports/store.ts";
import { Reception } from "./reception.ts";
import { type SlowActor, SlowActors } from "./slow_actors.ts";
import type { Telemetry } from "./telemetry.ts";
import type { Tracer } from "./tracing.ts";
import { inTime } from "./in_time.ts";
import { isWritten, work, type WorkOutcome } from "./work.ts";
import { traceMissing, traceStepped } from "./work_trace.ts";

const LANES = 2;
/** An event on which a chart throws gets this many tries on freshly loaded actors. */
const FAULTS_MAX = 3;
const SWEEP_MS = 30_000;
/** A stop waits so long for its last commits. */
const DRAIN_MS = 5_000;

/** Whether an answer that rests on memory alone may leave (design 4, "Leases"). */
export interface Ownership {
  /** `committedAt`: monotonic send time of the last fenced commit of its shard. */
  mayAnswer(committedAt: number): boolean;
}

export interface HostParts {
  /** Of the shards it takes: another life of the worker has another. */
  readonly owner: () => string;
  readonly kinds: readonly ActorKind[];
  readonly store: Store;
  readonly bus: Bus;
  readonly actors: Actors;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly ownership: Ownership;
  readonly inputs: InputProviders;
  readonly tracer?: Tracer | undefined;
  /** Journal rows have been committed: followers may read them. */
  readonly onCommitted: (rows: CommittedRows) => void;
}

export interface HostLoad {
  readonly partitions: Partitions;
  readonly slowest: readonly SlowActor[];
}

export class Host implements LaneHost {
  readonly #parts: HostParts;
  readonly #kinds: ReadonlyMap<string, ActorKind>;
  readonly #lanes: readonly Lane[];
  readonly #partitions: Partitions;
  readonly #reception: Reception;
  readonly #slow: SlowActors;
  readonly #loader: Loader;
  readonly #alarms: Alarms;
  readonly #outbox: Outbox;
  readonly #ends: EffectEnds;
  readonly #hints: CommitHints;
  /** Its shards, which placement gives and takes. */
  readonly custody: Custody;
  readonly #inputs: Inputs;
  #stops: (() => void)[] = [];
  readonly #counts: HostCounts;

  constructor(parts: HostParts) {
    this.#parts = parts;
    this.#kinds = new Map(parts.kinds.map((kind) => [kind.kind, kind]));
    const { owner, store, clock, telemetry, actors, bus } = parts;
    this.#lanes = Array.from(
      { length: LANES },
      (_, index) => new Lane(index, owner, { host: this, store, clock, telemetry }),
    );
    this.#partitions = new Partitions(clock, this.#lanes);
    this.#reception = new Reception(parts);
    this.#slow = new SlowActors(clock);
    this.#loader = new Loader(store, this.#kinds, () => clock.now());
    this.#alarms = new Alarms(clock, (alarm) => this.#ring(alarm));
    this.#outbox = new Outbox({ store, actors, clock, telemetry });
    this.#ends = { alarms: this.#alarms, outbox: this.#outbox, bus };
    this.custody = new Custody({
      ...{ store, bus, partitions: this.#partitions, lanes: this.#lanes },
      ...{ alarms: this.#alarms, outbox: this.#outbox },
      receive: (text, remainingMs) =>
        this.#reception.take(text, remainingMs, (item) => this.#enqueue(item)),
    });
    this.#counts = hostCounts(telemetry);
    this.#hints = new CommitHints(parts.onCommitted);
    this.#inputs = new Inputs(parts.inputs, clock);
  }

  /** Ready for shards, which placement takes. */
  async start(): Promise<void> {
    this.#partitions.shardCount = await this.#parts.store.shardCount();
    this.#sweepAfter(this.#parts.clock, SWEEP_MS);
  }

  /** Takes nothing more, and resolves when what was worked out has committed. */
  async stop(): Promise<void> {
    this.#partitions.close();
    this.#alarms.stop();
    this.#outbox.stop();
    for (const stop of this.#stops.splice(0)) stop();
    const { clock, telemetry } = this.#parts;
    const drained = this.custody.handOver(this.custody.held.map(({ shard }) => shard));
    await inTime(clock, DRAIN_MS, drained)
      .catch((error) => telemetry.log("warn", "messages are left unanswered", { error }));
    this.custody.close();
    for (const lane of this.#lanes) lane.close();
  }

  /** Partitions in memory. */
  get size(): number {
    return this.#partitions.size;
  }

  /** For operations: who is in memory, and who takes long. */
  get load(): HostLoad {
    const { slowest } = this.#slow;
    return { partitions: this.#partitions, slowest };
  }

  release(unit: Unit): void {
    for (const change of unit.changes) {
      if (!isWritten(change)) continue;
      const hasFacts = change.effects.some(({ type }) => type === "fact");
      this.#hints.note(unit.partition.cursor.shard, change.type, hasFacts);
    }
    unit.respond();
    const isOurs = this.#partitions.isOwned(unit.partition);
    for (const due of unit.due) {
      // The next owner finds alarms and tells in the store; what goes out once goes out now.
      if (isOurs || due.effect.type === "send") carryOut(due, this.#ends);
    }
    if (unit.changes.length === 0) this.#partitions.forgetUnknown(unit.partition);
  }

  discard(units: readonly Unit[]): void {
    const byPartition = Map.groupBy(units, (unit) => unit.partition);
    for (const [partition, undone] of byPartition) {
      partition.actors.clear();
      partition.generation++;
      const items = undone.map((unit) => unit.item);
      for (const { trace } of items) trace?.stage("mailbox");
      if (!this.#partitions.isOwned(partition)) {
        for (const item of items) item.answer({ kind: "error", error: moved(item.to) });
        continue;
      }
      if (partition.working !== undefined) items.push(partition.working.item);
      partition.working = undefined;
      partition.queue = [...items, ...partition.queue];
    }
  }

  async workNow(partition: Partition, item: Item): Promise<void> {
    const outcome = this.#attempt(partition, item, undefined);
    if (outcome !== undefined) await this.#prepare(partition, item, outcome, () => false);
  }

  shardsLost(shards: readonly number[]): void {
    this.custody.lose(shards);
    this.#parts.telemetry.log("warn", "shards were taken over by another worker", { shards });
  }

  resume(lane: Lane): void {
    for (const partition of this.#partitions.waitingOn(lane)) this.#drain(partition);
  }

  #ring(alarm: AlarmRow): void {
    const { actor, name, due, generation } = alarm;
    const event = JSON.parse(alarm.event) as PlainEvent;
    const header = { type: "alarm", cause: `alarm ${name} ${generation}` };
    const texts = { headerText: JSON.stringify(header), bodyText: alarm.event };
    const rung = { name, due, generation };
    this.#enqueue({
      ...{ to: actor, header, ...texts, event, rung },
      deadline: Infinity,
      faults: 0,
      answer: (answer) => {
        if (answer.kind === "text") return;
        if (this.#partitions.holds(actor)) this.#alarms.ringAgain(alarm, answer.kind === "error");
        else this.#alarms.disarm(actor, name);
      },
    });
  }

  #enqueue(item: Item): void {
    let partition: Partition;
    try {
      partition = this.#partitions.of(item.to);
    } catch (error) {
      return item.answer({ kind: "error", error });
    }
    if (partition.queue.length >= MAILBOX_MAX) {
      const detail = `Cannot take a message for ${item.to}: its mailbox is full`;
      const error = new PlatformError("overloaded", detail, { retryAfterSeconds: 1 });
      return item.answer({ kind: "error", error });
    }
    partition.queue.push(item);
    this.#drain(partition);
  }

  #drain(partition: Partition): void {
    while (partition.working === undefined && partition.lane.isTaking) {
      const item = partition.queue.shift();
      if (item === undefined) return;
      if (!this.#isWanted(partition, item)) continue;
      const outcome = this.#attempt(partition, item, undefined);
      if (outcome === undefined) continue;
      const wait = { item };
      partition.working = wait;
      const isVoid = (): boolean => partition.working !== wait;
      void this.#prepare(partition, item, outcome, isVoid).then(() => {
        if (!isVoid()) partition.working = undefined;
        this.#drain(partition);
      });
    }
  }

  #isWanted(partition: Partition, item: Item): boolean {
    if (item.rung !== undefined) {
      const { name, generation } = item.rung;
      const isCurrent = this.#alarms.isCurrent(item.to, name, generation);
      // A step that is not committed yet may have armed it anew: it rings again when that is known.
      if (isCurrent && partition.uncommitted > 0) this.#withhold(item, "uncommitted");
      return isCurrent && partition.uncommitted === 0;
    }
    if (this.#parts.clock.monotonic() < item.deadline) return true;
    this.#withhold(item, "late");
    return false;
  }

  #withhold(item: Item, cause: string): void {
    this.#counts.withheld.with(cause).add();
    item.answer({ kind: "withheld" });
  }

  /**
   * Works a message out on what is in memory; returns what is missing for that, or undefined when
   * done.
   */
  #attempt(
    partition: Partition,
    item: Item,
    inputs: Readonly<Record<string, unknown>> | undefined,
  ): Exclude<WorkOutcome, { outcome: "done" }> | undefined {
    const { clock } = this.#parts;
    const startedAt = clock.monotonic();
    item.trace?.stage("step");
    let outcome: WorkOutcome;
    try {
      outcome = work(item, {
        now: clock.now(),
        slot: (address) => partition.actors.get(address),
        inputs,
      });
    } catch (error) {
      this.#fault(partition, item, error);
      return undefined;
    }
    if (outcome.outcome !== "done") {
      traceMissing(item, outcome.outcome);
      return outcome;
    }
    this.#slow.note(item.to, clock.monotonic() - startedAt);
    traceStepped(item, outcome.changes, (address) => partition.actors.get(address));
    for (const { slot } of outcome.changes) partition.actors.set(slot.text, slot);
    const journalled = outcome.changes.some(isWritten);
    const { reply, refusal } = outcome;
    partition.lane.add({
      item,
      partition,
      changes: outcome.changes,
      due: [],
      respond: () => this.#respond(item, partition, { reply, refusal, journalled }),
    });
    return undefined;
  }

  #respond(
    item: Item,
    partition: Partition,
    { reply, refusal, journalled }: {
      reply: unknown;
      refusal: Error | undefined;
      journalled: boolean;
    },
  ): void {
    if (!journalled && !this.#partitions.isOwned(partition)) {
      return item.answer({ kind: "error", error: moved(item.to) });
    }
    if (!journalled && !this.#parts.ownership.mayAnswer(partition.cursor.committedAt)) {
      this.#withhold(item, "ownership unproven");
      return;
    }
    const answer: Answer = refusal === undefined
      ? { kind: "text", text: JSON.stringify(reply ?? null), journalled }
      : { kind: "error", error: refusal };
    item.answer(answer);
  }

  /**
   * Loads actors and gets inputs until the message can be worked out, or its failure is answered.
   */
  async #prepare(
    partition: Partition,
    item: Item,
    first: Exclude<WorkOutcome, { outcome: "done" }>,
    isVoid: () => boolean,
  ): Promise<void> {
    let missing: Exclude<WorkOutcome, { outcome: "done" }> | undefined = first;
    let inputs: Readonly<Record<string, unknown>> | undefined;
    while (missing !== undefined) {
      const { generation } = partition;
      try {
        if (missing.outcome === "load") {
          // deno-lint-ignore no-await-in-loop -- what is missing next shows only after this.
          const slot = await this.#loader.load(missing.address);
          if (isVoid()) return;
          if (generation === partition.generation && !partition.actors.has(slot.text)) {
            partition.actors.set(slot.text, slot);
          }
        } else {
          // deno-lint-ignore no-await-in-loop -- as above.
          inputs = await this.#inputs.of(item.to, partition, missing.requests);
          if (isVoid()) return;
          if (generation !== partition.generation) inputs = undefined;
        }
      } catch (error) {
        if (isVoid()) return;
        this.#parts.telemetry.log("warn", "a message could not be prepared", {
          actor: item.to,
          error: String(error),
        });
        const tries = [item, ...takeRepeats(partition, item)];
        for (const one of tries) this.#withhold(one, missing.outcome);
        return;
      }
      if (partition.lane.isPaused && partition.working?.item === item) {
        // At once: who clears up would give it back a second time.
        partition.working = undefined;
        partition.queue.unshift(item);
        return;
      }
      missing = this.#attempt(partition, item, inputs);
    }
  }

  #fault(partition: Partition, item: Item, error: unknown): void {
    if (error instanceof PlatformError) {
      item.answer({ kind: "error", error });
      return;
    }
    const { telemetry } = this.#parts;
    const reason = error instanceof Error ? `${error.stack}` : String(error);
    if (++item.faults < FAULTS_MAX) {
      // Actors with uncommitted steps stay: their commit would otherwise be behind the memory.
      if (partition.uncommitted === 0) partition.actors.clear();
      partition.queue.unshift(item);
      return;
    }
    this.#counts.quarantined.add();
    const trace = item.trace?.traceId;
    telemetry.log("error", "a chart threw on a message", { actor: item.to, trace, reason });
    void setAside(item, reason, this.#parts);
    item.answer({ kind: "error", error: toPlatformError(error) });
  }

  #sweepAfter(clock: Clock, delayMs: number): void {
    this.#stops.push(clock.schedule(delayMs, () => {
      this.#partitions.forgetIdle();
      const [{ size: alarms }, { size: outbox }] = [this.#alarms, this.#outbox];
      this.#counts.show({ partitions: this.size, alarms, outbox });
      this.#sweepAfter(clock, delayMs);
    }));
  }
}
