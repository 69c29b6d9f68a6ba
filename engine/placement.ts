/**
 * Which worker has which shard. Each worker looks at the same two things, the members that live and
 * the table of owners, and moves only its own part: it takes what shall be its own and is nobody's
 * or a dead one's, and hands over what shall be another's. Two that see different members may
 * disagree for a moment; epochs let only one of them commit (design 4, "Leases" and "Fence").
 */
import type { Custody } from "./custody.ts";
import { CutOff } from "./cut_off.ts";
import { inTime } from "./in_time.ts";
import { type DepositionReason, type Member, type Membership, RENEW_MS } from "./leases.ts";
import type { Bus } from "./ports/bus.ts";
import type { Clock } from "./ports/clock.ts";
import type { OwnedShard, PlacedShard, Store } from "./ports/store.ts";
import { chosen } from "./rendezvous.ts";
import type { CounterMetric, Telemetry } from "./telemetry.ts";

/** What nobody told of is found this late. */
const LOOK_MS = 1_000;
/** Shards that are handed over together: each batch of them is away for some 10 ms. */
const HANDED_AT_ONCE = 32;
/** Postgres may be away: then the epochs decide about what was not given back. */
const HAND_OVER_MS = 5_000;
const DRAIN_LOOK_MS = 50;

export interface PlacementParts {
  /** Of this worker, started. */
  readonly membership: Membership;
  readonly id: string;
  readonly store: Pick<Store, "placement" | "takeShards" | "releaseShards" | "pinShard">;
  readonly custody: Pick<Custody, "held" | "take" | "handOver" | "lose" | "endOf">;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Of the worker's next life, after its lease was ended. */
  readonly newIncarnation: () => string;
  /** Shards that are served here from now on. */
  readonly onTaken?: (shards: readonly number[]) => void;
  /** Another process has this worker's name: it must end. */
  readonly onReplaced?: () => void;
}

/** What a worker is told by others: `look` = a shard may be yours now. */
export function workerSubject(id: string): string {
  return `worker.${id}`;
}

/** What `shards.owner` says. */
export function ownerText({ id, incarnation }: Pick<Member, "id" | "incarnation">): string {
  return `${id}#${incarnation}`;
}

function ownerMember(owner: string): Member {
  const at = owner.lastIndexOf("#");
  return { kind: "worker", id: owner.slice(0, at), incarnation: owner.slice(at + 1) };
}

export class Placement {
  readonly #parts: PlacementParts;
  readonly #moved: CounterMetric;
  #stops: (() => void)[] = [];
  #looking: Promise<void> | undefined;
  #mustLookAgain = false;
  #isStopped = false;
  #isSettled = false;
  readonly #cutOff: CutOff;
  /** We gave up our lease because the store does not answer here. */
  #isAside = false;

  constructor(parts: PlacementParts) {
    this.#parts = parts;
    const { telemetry, custody } = parts;
    telemetry.watch("statewatt_shards_held", "Shards of this worker", () => custody.held.length);
    this.#moved = telemetry.counter(
      "statewatt_shards_moved_total",
      "Shards that came and went: taken, taken-over (from a dead worker), handed-over, lost",
      ["how"],
    );
    this.#cutOff = new CutOff(parts.membership, parts.clock);
    parts.membership.onDeposed((reason) => void this.#endLife(reason));
  }

  /** Takes what is this worker's for now, and keeps looking. */
  async start(): Promise<void> {
    const { membership, bus, id, clock } = this.#parts;
    // What asks for a look meanwhile must wait: two rounds at once would take the same shards.
    this.#looking = this.#round().finally(() => this.#looking = undefined);
    await this.#looking;
    this.#stops.push(membership.onChanged("worker", () => this.#look()));
    this.#stops.push(bus.listen(workerSubject(id), () => {
      this.#look();
      return undefined;
    }));
    let cancel = (): void => {};
    const again = (): void => {
      cancel = clock.schedule(LOOK_MS, () => {
        again();
        this.#look();
      });
    };
    again();
    this.#stops.push(() => cancel());
  }

  /** Of this life; other workers see it in the table of owners. */
  get owner(): string {
    const { id, membership: { incarnation } } = this.#parts;
    return ownerText({ id, incarnation });
  }

  /** Whether the last look found every shard of this worker here, and no other. */
  get isSettled(): boolean {
    return this.#isSettled && !this.#parts.membership.isDeposed;
  }

  /** Workers that take part, this one with them; without those that are about to leave. */
  candidates(): readonly string[] {
    const { membership, id } = this.#parts;
    const others = membership.members("worker").filter(({ isDraining }) => isDraining !== true);
    const isOut = membership.isDraining || membership.isDeposed || this.#isStopped;
    return [...(isOut ? [] : [id]), ...others.map((member) => member.id)];
  }

  /** The one worker that does what is to be done once; for moments it may be two or none. */
  leaderOf(role: string): string | undefined {
    return chosen(`role ${role}`, this.candidates());
  }

  leads(role: string): boolean {
    return this.leaderOf(role) === this.#parts.id;
  }

  /** Pins a shard to a worker, or gives it back to the hash (empty text). */
  async pin(shard: number, worker: string): Promise<void> {
    await this.#parts.store.pinShard(shard, worker);
    for (const id of this.candidates()) this.#tell(id);
    this.#look();
  }

  /** Hands all shards to the other workers, as far as there are any and the time suffices. */
  async drain(patienceMs: number): Promise<void> {
    const { membership, custody, clock, telemetry } = this.#parts;
    const endsAt = clock.monotonic() + patienceMs;
    await membership.announceDraining();
    while (custody.held.length > 0 && this.candidates().length > 0) {
      if (clock.monotonic() > endsAt) {
        telemetry.log("warn", "shards are left", { shards: custody.held.length });
        return;
      }
      this.#look();
      // deno-lint-ignore no-await-in-loop -- one look after the other.
      await new Promise<void>((resolve) => void clock.schedule(DRAIN_LOOK_MS, resolve));
    }
  }

  /** Gives back what is left: whoever comes next need not wait for a lease. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const stop of this.#stops.splice(0)) stop();
    const { clock, telemetry, custody } = this.#parts;
    await inTime(clock, HAND_OVER_MS, this.#looking ?? Promise.resolve())
      .then(() => inTime(clock, HAND_OVER_MS, this.#give(custody.held)))
      .catch((error) => telemetry.log("warn", "shards were not given back", { error }));
  }

  #look(): void {
    this.#mustLookAgain = true;
    this.#looking ??= this.#lookWhileThereIsNews().finally(() => this.#looking = undefined);
  }

  async #lookWhileThereIsNews(): Promise<void> {
    while (this.#mustLookAgain && !this.#isStopped) {
      this.#mustLookAgain = false;
      try {
        // deno-lint-ignore no-await-in-loop -- one round after the other.
        await this.#round();
      } catch (error) {
        this.#isSettled = false;
        this.#parts.telemetry.log("debug", "placement has to wait", { error });
        // deno-lint-ignore no-await-in-loop -- as above.
        if (this.#cutOff.noteSilence() && !this.#isAside) await this.#stepAside();
      }
    }
  }

  async #round(): Promise<void> {
    const { store, custody, membership, id } = this.#parts;
    if (membership.isDeposed && !this.#isAside) return;
    const rows = await store.placement();
    this.#cutOff.noteAnswer();
    if (this.#isAside) return await this.#comeBack();
    const owner = this.owner;
    if (membership.isDeposed) return;
    const held = new Set(custody.held.map(({ shard }) => shard));
    const lost = rows.filter((row) => held.has(row.shard) && row.owner !== owner);
    if (lost.length > 0) this.#lose(lost.map(({ shard }) => shard));
    for (const { shard } of lost) held.delete(shard);
    const candidates = this.candidates();
    const isForUs = (row: PlacedShard): boolean => wantedOwner(row, candidates) === id;
    const wanted = rows.filter((row) => !held.has(row.shard) && isForUs(row));
    const taken = await this.#take(wanted, owner);
    const surplus = rows.filter((row) => {
      const isOurs = held.has(row.shard) || row.owner === owner;
      return isOurs && candidates.length > 0 && !isForUs(row);
    });
    const given = surplus.slice(0, HANDED_AT_ONCE);
    await this.#give(given);
    for (const to of new Set(given.map((row) => wantedOwner(row, candidates)))) this.#tell(to);
    if (surplus.length > given.length) this.#mustLookAgain = true;
    this.#isSettled = taken === wanted.length && surplus.length === 0;
  }

  /** Takes those that are nobody's or whose owner's life has ended; returns how many. */
  async #take(wanted: readonly PlacedShard[], owner: string): Promise<number> {
    if (wanted.length === 0) return 0;
    const { store, custody, membership, telemetry, onTaken } = this.#parts;
    const others = new Set(wanted.map((row) => row.owner));
    const dead: string[] = [];
    for (const other of others) {
      if (other === "" || other === owner) continue;
      // deno-lint-ignore no-await-in-loop -- there are few.
      if (await this.#hasEnded(other)) dead.push(other);
    }
    const from = ["", owner, ...dead];
    const rows = this.#ended(wanted.filter((row) => from.includes(row.owner)));
    if (rows.length === 0) return 0;
    const shards = rows.map(({ shard }) => shard);
    const taken = await store.takeShards(owner, shards, { from, epochMin: membership.revision });
    if (owner !== this.owner || membership.isDeposed || this.#isStopped) return 0;
    await custody.take(taken);
    if (owner !== this.owner || membership.isDeposed) {
      this.#lose(taken.map(({ shard }) => shard));
      return 0;
    }
    const over = rows.filter((row) => dead.includes(row.owner)).length;
    this.#moved.with("taken-over").add(over);
    this.#moved.with("taken").add(taken.length - over);
    telemetry.log("info", "shards were taken", { shards: taken.length, from: dead });
    onTaken?.(taken.map(({ shard }) => shard));
    return taken.length;
  }

  /** Without those of which something of our former life may still commit: a look follows. */
  #ended(rows: readonly PlacedShard[]): readonly PlacedShard[] {
    const { custody } = this.#parts;
    const ends = new Set(rows.map(({ shard }) => custody.endOf(shard)));
    for (const end of ends) void end?.then(() => this.#look());
    return rows.filter(({ shard }) => custody.endOf(shard) === undefined);
  }

  async #hasEnded(owner: string): Promise<boolean> {
    const { membership, id, telemetry } = this.#parts;
    const member = ownerMember(owner);
    // An earlier life of this worker: its key is ours.
    if (member.id === id) return true;
    try {
      return await membership.endLease(member);
    } catch (error) {
      telemetry.log("debug", "a lease could not be looked at", { owner, error });
      return false;
    }
  }

  /** Resolves when the next owner may take them. */
  async #give(shards: readonly Pick<OwnedShard, "shard" | "epoch">[]): Promise<void> {
    if (shards.length === 0) return;
    const { store, custody, telemetry } = this.#parts;
    const held = new Map(custody.held.map((cursor) => [cursor.shard, cursor]));
    const given = shards.map((row) => held.get(row.shard) ?? row);
    await custody.handOver(given.map(({ shard }) => shard));
    // A commit of unknown outcome raises the epoch, also while it is waited for.
    await store.releaseShards(this.owner, given.map(({ shard, epoch }) => ({ shard, epoch })));
    this.#moved.with("handed-over").add(given.length);
    telemetry.log("info", "shards were handed over", { shards: given.length });
  }

  async #stepAside(): Promise<void> {
    const { custody, membership, telemetry } = this.#parts;
    telemetry.log("error", "Postgres cannot be reached from here: others take the shards");
    this.#isAside = true;
    this.#lose(custody.held.map(({ shard }) => shard));
    await membership.leave();
  }

  async #comeBack(): Promise<void> {
    const { membership, newIncarnation } = this.#parts;
    await membership.rejoin(newIncarnation());
    this.#isAside = false;
    this.#mustLookAgain = true;
  }

  #lose(shards: readonly number[]): void {
    this.#moved.with("lost").add(shards.length);
    this.#parts.telemetry.log("warn", "shards are another worker's now", { shards });
    this.#parts.custody.lose(shards);
  }

  #tell(worker: string | undefined): void {
    const { bus, id } = this.#parts;
    if (worker !== undefined && worker !== id) bus.tell(workerSubject(worker), "look");
  }

  /** Our lease was ended: what we held may be another's. Another life begins with nothing. */
  async #endLife(reason: DepositionReason): Promise<void> {
    const { custody, membership, clock, newIncarnation, telemetry, onReplaced } = this.#parts;
    this.#isSettled = false;
    this.#lose(custody.held.map(({ shard }) => shard));
    if (reason === "replaced") {
      telemetry.log("error", "another worker has this worker's name");
      onReplaced?.();
      return;
    }
    while (!this.#isStopped && membership.isDeposed) {
      try {
        // deno-lint-ignore no-await-in-loop -- tried until the map can be reached.
        await membership.rejoin(newIncarnation());
      } catch (error) {
        telemetry.log("debug", "the cluster cannot be joined again yet", { error });
        // deno-lint-ignore no-await-in-loop -- as above.
        await new Promise<void>((resolve) => void clock.schedule(RENEW_MS, resolve));
      }
    }
    this.#look();
  }
}

function wantedOwner(
  { shard, pinnedTo }: PlacedShard,
  candidates: readonly string[],
): string | undefined {
  if (pinnedTo !== "" && candidates.includes(pinnedTo)) return pinnedTo;
  return chosen(`shard ${shard}`, candidates);
}
