/**
 * Who takes part in the cluster, and whether this process may still answer from memory.
 *
 * Each process renews one key. A member is lost when its key stayed at one revision for the lease
 * time, by the observer's own monotonic clock, while the observer's own writes came back through
 * the same map all that time: while the map cannot be reached nobody is lost. Wall clocks decide
 * nothing.
 */
import type { Clock } from "./ports/clock.ts";
import { LeaseConflict, type LeaseEntry, type LeaseStore } from "./ports/leases.ts";
import type { Telemetry } from "./telemetry.ts";

export const RENEW_MS = 1_000;
/** Three renewals: one may be lost and one late. */
export const LEASE_MS = 3_000;
/**
 * Between two of our writes that came back: more means that the map, or we, stood still in between.
 */
const STANDSTILL_MS = 1_500;
/** Renewals whose echo may still come. */
const SENT_KEPT_MAX = 8;

export interface Member {
  readonly kind: string;
  readonly id: string;
  /** Another one is another life: what the former held is lost. */
  readonly incarnation: string;
  /** Shards that a worker holds. */
  readonly shards?: readonly number[];
}

/** `left`: it said goodbye. `replaced`: its key has a new incarnation. */
export type LossReason = "expired" | "left" | "replaced";

interface MemberRecord extends Member {
  /** Counts its renewals: the same value is never written twice. */
  readonly renewal: number;
}

interface Observed {
  readonly member: Member;
  readonly revision: number;
  /** Monotonic time at which this revision was first seen. */
  readonly seenAt: number;
}

export interface MembershipOptions {
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly kind: string;
  readonly id: string;
  readonly incarnation: string;
  /** Read at each renewal. */
  readonly shards?: () => readonly number[];
}

export class Membership {
  readonly #options: MembershipOptions;
  readonly #key: string;
  readonly #others = new Map<string, Observed>();
  readonly #lost = new Set<(member: Member, reason: LossReason) => void>();
  readonly #joined = new Set<(member: Member) => void>();
  readonly #deposed = new Set<() => void>();
  /** Renewal → monotonic time at which it was sent. */
  readonly #sent = new Map<number, number>();
  #revision = 0;
  #renewal = 0;
  #renewedAt = -Infinity;
  /**
   * Send time of our newest write that came back, and of the first since the map last stood still.
   */
  #aliveAt = -Infinity;
  #aliveSince = -Infinity;
  #watchedAt = -Infinity;
  #isDeposed = false;
  #isStopped = false;
  #writing: Promise<void> | undefined;
  #stopWatch = (): void => {};
  #cancelRenewal = (): void => {};

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#key = `${options.kind}.${options.id}`;
    const { telemetry, clock, kind } = options;
    // All-in-one has a member of each kind in one process.
    telemetry.watch(
      `statewatt_${kind}_lease_age_seconds`,
      "Time since the lease was renewed",
      () => this.#renewedAt === -Infinity ? 0 : (clock.monotonic() - this.#renewedAt) / 1_000,
    );
    telemetry.watch(
      `statewatt_${kind}_sees_members`,
      "Other members of the cluster that are alive",
      () => this.#others.size,
    );
  }

  /**
   * Writes the key for the first time and begins to renew and to observe. Rejects when it cannot.
   */
  async start(): Promise<void> {
    const { store } = this.#options;
    const former = await store.read(this.#key);
    this.#revision = former?.revision ?? 0;
    await this.#write();
    this.#watch();
    const renewAgain = (): void => {
      this.#cancelRenewal = this.#options.clock.schedule(RENEW_MS, () => {
        renewAgain();
        void this.#renew();
      });
    };
    renewAgain();
  }

  /** Says goodbye, so that nobody has to wait for the lease to expire. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#cancelRenewal();
    this.#stopWatch();
    await this.#writing;
    if (this.#isDeposed) return;
    const { store, incarnation, telemetry } = this.#options;
    try {
      const entry = await store.read(this.#key);
      if (entry === undefined || readRecord(entry)?.incarnation !== incarnation) return;
      await store.remove(this.#key, entry.revision);
    } catch (error) {
      telemetry.log("debug", "the lease expires by itself", { error });
    }
  }

  /** Monotonic send time of the last renewal that succeeded. */
  get renewedAt(): number {
    return this.#renewedAt;
  }

  /** Another process has ended our lease: what we held may be theirs. Final. */
  get isDeposed(): boolean {
    return this.#isDeposed;
  }

  /** Other members of a kind that are not lost. */
  members(kind: string): readonly Member[] {
    return [...this.#others.values()].map(({ member }) => member)
      .filter((member) => member.kind === kind);
  }

  /** Called once per loss. The returned function ends it. */
  onLost(kind: string, take: (member: Member, reason: LossReason) => void): () => void {
    const filtered = (member: Member, reason: LossReason): void => {
      if (member.kind === kind) take(member, reason);
    };
    this.#lost.add(filtered);
    return () => void this.#lost.delete(filtered);
  }

  /** Called for members that are there already, and for each that comes or comes back. */
  onJoined(kind: string, take: (member: Member) => void): () => void {
    const filtered = (member: Member): void => {
      if (member.kind === kind) take(member);
    };
    this.#joined.add(filtered);
    this.members(kind).forEach(take);
    return () => void this.#joined.delete(filtered);
  }

  onDeposed(take: () => void): void {
    this.#deposed.add(take);
  }

  /**
   * Ends the lease of a lost worker before its shards are taken: of several that try, one wins, and
   * the loser, when it wakes up, finds its lease gone.
   */
  async depose(member: Member): Promise<boolean> {
    const { store, id } = this.#options;
    const key = `${member.kind}.${member.id}`;
    const entry = await store.read(key);
    if (entry === undefined || readRecord(entry)?.incarnation !== member.incarnation) return false;
    try {
      await store.write(key, JSON.stringify({ deposedBy: id }), entry.revision);
      return true;
    } catch (error) {
      if (error instanceof LeaseConflict) return false;
      throw error;
    }
  }

  #watch(): void {
    this.#stopWatch();
    this.#watchedAt = this.#options.clock.monotonic();
    this.#stopWatch = this.#options.store.watch((entry) => this.#take(entry));
  }

  async #renew(): Promise<void> {
    if (this.#writing !== undefined || this.#isDeposed || this.#isStopped) return;
    this.#writing = this.#renewOnce();
    await this.#writing;
    this.#writing = undefined;
  }

  async #renewOnce(): Promise<void> {
    try {
      await this.#write();
      // We can write and see nothing: the watch has broken without a word.
      const seenAt = Math.max(this.#aliveAt, this.#watchedAt);
      if (this.#renewedAt - seenAt >= LEASE_MS) this.#watch();
    } catch (error) {
      if (error instanceof LeaseConflict) await this.#settleConflict();
      else this.#options.telemetry.log("debug", "the lease was not renewed", { error });
    }
  }

  async #write(): Promise<void> {
    const { store, clock, kind, id, incarnation, shards } = this.#options;
    const renewal = ++this.#renewal;
    const record: MemberRecord = {
      kind,
      id,
      incarnation,
      renewal,
      ...(shards === undefined ? {} : { shards: shards() }),
    };
    const sentAt = clock.monotonic();
    this.#sent.set(renewal, sentAt);
    if (this.#sent.size > SENT_KEPT_MAX) this.#sent.delete(renewal - SENT_KEPT_MAX);
    this.#revision = await store.write(this.#key, JSON.stringify(record), this.#revision);
    this.#renewedAt = Math.max(this.#renewedAt, sentAt);
  }

  /**
   * An earlier write of ours whose answer was lost, a map that was lost, or the end of our lease.
   */
  async #settleConflict(): Promise<void> {
    const { store, incarnation, telemetry } = this.#options;
    try {
      const entry = await store.read(this.#key);
      const isOurs = entry === undefined || readRecord(entry)?.incarnation === incarnation;
      if (isOurs) this.#revision = entry?.revision ?? 0;
      else this.#noteDeposed();
    } catch (error) {
      telemetry.log("debug", "the lease could not be read", { error });
    }
  }

  #noteDeposed(): void {
    if (this.#isDeposed || this.#isStopped) return;
    this.#isDeposed = true;
    this.#options.telemetry.log("error", "the lease was ended by another process", {
      key: this.#key,
    });
    for (const take of this.#deposed) take();
  }

  #take(entry: LeaseEntry): void {
    if (this.#isStopped) return;
    if (entry.key === this.#key) return this.#takeOwn(entry);
    const known = this.#others.get(entry.key);
    if (known !== undefined && entry.revision <= known.revision) return;
    const record = readRecord(entry);
    if (record === undefined) return this.#lose(entry.key, "left");
    const isNew = known?.member.incarnation !== record.incarnation;
    if (isNew) this.#lose(entry.key, "replaced");
    const { renewal: _renewal, ...member } = record;
    const seenAt = this.#options.clock.monotonic();
    this.#others.set(entry.key, { member, revision: entry.revision, seenAt });
    if (isNew) { for (const take of this.#joined) take(member); }
  }

  #takeOwn(entry: LeaseEntry): void {
    const record = readRecord(entry);
    if (record?.incarnation !== this.#options.incarnation) {
      if (entry.value !== undefined && entry.revision > this.#revision) this.#noteDeposed();
      return;
    }
    const sentAt = this.#sent.get(record.renewal);
    if (sentAt === undefined || sentAt <= this.#aliveAt) return;
    if (sentAt - this.#aliveAt > STANDSTILL_MS) this.#aliveSince = sentAt;
    this.#aliveAt = sentAt;
    for (const [key, { seenAt }] of this.#others) {
      if (sentAt - Math.max(seenAt, this.#aliveSince) >= LEASE_MS) this.#lose(key, "expired");
    }
  }

  #lose(key: string, reason: LossReason): void {
    const known = this.#others.get(key);
    if (known === undefined) return;
    this.#others.delete(key);
    this.#options.telemetry.log("warn", "a member of the cluster is gone", { key, reason });
    for (const take of this.#lost) take(known.member, reason);
  }
}

/** Undefined for a removed or deposed member. */
function readRecord({ value }: LeaseEntry): MemberRecord | undefined {
  if (value === undefined) return undefined;
  const record = JSON.parse(value) as Partial<MemberRecord>;
  return record.incarnation === undefined ? undefined : record as MemberRecord;
}

export interface OwnershipOptions {
  readonly membership: Membership;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Whether Postgres still holds our epochs: the proof while the map is away. */
  readonly stillOwns: () => Promise<boolean>;
}

/**
 * A renewal is overdue: another proof is looked for, with time for a second try before the lease
 * ends.
 */
const PROOF_WANTED_MS = 1_500;
const PROOF_TRY_MS = 500;

/**
 * Proof that the shards of this worker are its own: the send time of a renewal of its lease, of a
 * fenced commit, or of a read of its epochs. An answer that no commit stands for may leave only
 * while it is fresh.
 */
export class OwnershipProof {
  readonly #options: OwnershipOptions;
  #provenAt = -Infinity;
  #isReading = false;
  #cancel = (): void => {};

  constructor(options: OwnershipOptions) {
    this.#options = options;
    options.telemetry.watch(
      "statewatt_ownership_proven",
      "1 while answers may be given from memory",
      () => +this.mayAnswer(),
    );
  }

  start(): void {
    const again = (): void => {
      this.#cancel = this.#options.clock.schedule(PROOF_TRY_MS, () => {
        again();
        void this.#prove();
      });
    };
    again();
  }

  stop(): void {
    this.#cancel();
  }

  /** A fenced commit that was sent at this monotonic time has succeeded. */
  noteCommit(sentAt: number): void {
    if (sentAt > this.#provenAt) this.#provenAt = sentAt;
  }

  /** Monotonic time up to which ownership is proven. */
  get provenAt(): number {
    return Math.max(this.#provenAt, this.#options.membership.renewedAt);
  }

  mayAnswer(): boolean {
    const { membership, clock } = this.#options;
    return !membership.isDeposed && clock.monotonic() - this.provenAt < LEASE_MS;
  }

  async #prove(): Promise<void> {
    const { clock, stillOwns, telemetry } = this.#options;
    const sentAt = clock.monotonic();
    if (this.#isReading || sentAt - this.provenAt < PROOF_WANTED_MS) return;
    this.#isReading = true;
    try {
      if (await stillOwns()) this.noteCommit(sentAt);
    } catch (error) {
      telemetry.log("debug", "ownership could not be read", { error });
    } finally {
      this.#isReading = false;
    }
  }
}
