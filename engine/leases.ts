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
  /** It hands over what it has and is about to leave. */
  readonly isDraining?: boolean;
  /** It has not reached the store for some time. */
  readonly isCutOff?: boolean;
}

/** `left`: it said goodbye. `replaced`: its key has a new incarnation. */
export type LossReason = "expired" | "left" | "replaced";

/** `expired`: another member ended our lease. `replaced`: our key is another life's. */
export type DepositionReason = "expired" | "replaced";

interface MemberRecord extends Member {
  /** Counts its renewals: the same value is never written twice. */
  readonly renewal: number;
}

interface Observed {
  readonly member: Member;
  readonly revision: number;
  readonly renewal: number;
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
}

export class Membership {
  readonly #options: MembershipOptions;
  readonly #key: string;
  readonly #others = new Map<string, Observed>();
  readonly #lost = new Set<(member: Member, reason: LossReason) => void>();
  readonly #joined = new Set<(member: Member) => void>();
  readonly #changed = new Set<(kind: string) => void>();
  readonly #deposed = new Set<(reason: DepositionReason) => void>();
  /** Key → the life, and its last revision, that we saw expire. */
  readonly #expired = new Map<string, { incarnation: string; revision: number }>();
  #incarnation: string;
  #isDraining = false;
  /** Told to the others by the next renewal. */
  isCutOff = false;
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
    this.#incarnation = options.incarnation;
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
    if (!this.#isDeposed) await this.#removeKey();
  }

  async #removeKey(): Promise<void> {
    const { store, telemetry } = this.#options;
    try {
      const entry = await store.read(this.#key);
      if (entry === undefined || readRecord(entry)?.incarnation !== this.#incarnation) return;
      await store.remove(this.#key, entry.revision);
    } catch (error) {
      telemetry.log("debug", "the lease expires by itself", { error });
    }
  }

  /** Monotonic send time of the last renewal that succeeded. */
  get renewedAt(): number {
    return this.#renewedAt;
  }

  /** Another process has ended our lease: what we held may be theirs. */
  get isDeposed(): boolean {
    return this.#isDeposed;
  }

  get incarnation(): string {
    return this.#incarnation;
  }

  /** Of our last write: rises over the whole cluster. */
  get revision(): number {
    return this.#revision;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Tells the others that this member is about to leave. */
  async announceDraining(): Promise<void> {
    this.#isDraining = true;
    await this.#writing;
    await this.#renew();
  }

  /** Ends our own lease: others may take what we held, until we join again. */
  async leave(): Promise<void> {
    this.#isDeposed = true;
    await this.#writing;
    await this.#removeKey();
  }

  /** After a deposition: another life begins. Rejects when the map cannot be reached. */
  async rejoin(incarnation: string): Promise<void> {
    const former = await this.#options.store.read(this.#key);
    this.#incarnation = incarnation;
    this.#revision = former?.revision ?? 0;
    await this.#write();
    this.#isDeposed = false;
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

  /** Called when a member of the kind comes, goes or begins to drain. */
  onChanged(kind: string, take: () => void): () => void {
    const filtered = (changed: string): void => {
      if (changed === kind) take();
    };
    this.#changed.add(filtered);
    return () => void this.#changed.delete(filtered);
  }

  onDeposed(take: (reason: DepositionReason) => void): void {
    this.#deposed.add(take);
  }

  /**
   * Whether that life of a member has ended for certain: its lease is gone, another life has its
   * key, or we saw it expire and could end it before it was renewed. When it wakes up, it finds its
   * lease gone.
   */
  async endLease({ kind, id, incarnation }: Member): Promise<boolean> {
    const { store } = this.#options;
    const key = `${kind}.${id}`;
    const entry = await store.read(key);
    // A map that was lost and is empty says nothing: those who live fill it again.
    if (entry === undefined) return this.#aliveAt - this.#observingSince >= LEASE_MS;
    if (readRecord(entry)?.incarnation !== incarnation) return true;
    const expired = this.#expired.get(key);
    const hasExpired = expired?.incarnation === incarnation && expired.revision === entry.revision;
    if (!hasExpired) return false;
    try {
      await store.write(key, JSON.stringify({ endedBy: this.#options.id }), entry.revision);
      return true;
    } catch (error) {
      if (error instanceof LeaseConflict) return false;
      throw error;
    }
  }

  get #observingSince(): number {
    return Math.max(this.#aliveSince, this.#watchedAt);
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
    const { store, clock, kind, id } = this.#options;
    const renewal = ++this.#renewal;
    const record: MemberRecord = {
      kind,
      id,
      incarnation: this.#incarnation,
      renewal,
      ...(this.#isDraining ? { isDraining: true } : {}),
      ...(this.isCutOff ? { isCutOff: true } : {}),
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
    const { store, telemetry } = this.#options;
    try {
      const entry = await store.read(this.#key);
      const record = entry === undefined ? undefined : readRecord(entry);
      const isOurs = entry === undefined || record?.incarnation === this.#incarnation;
      if (isOurs) this.#revision = entry?.revision ?? 0;
      else this.#noteDeposed(record === undefined ? "expired" : "replaced");
    } catch (error) {
      telemetry.log("debug", "the lease could not be read", { error });
    }
  }

  #noteDeposed(reason: DepositionReason): void {
    if (this.#isDeposed || this.#isStopped) return;
    this.#isDeposed = true;
    this.#options.telemetry.log("error", "the lease was ended by another process", {
      key: this.#key,
      reason,
    });
    for (const take of this.#deposed) take(reason);
  }

  #take(entry: LeaseEntry): void {
    if (this.#isStopped) return;
    if (entry.key === this.#key) return this.#takeOwn(entry);
    const known = this.#others.get(entry.key);
    const record = readRecord(entry);
    if (known !== undefined && !isNews(known, entry, record)) return;
    if (record === undefined) return this.#lose(entry.key, "left");
    const isNew = known?.member.incarnation !== record.incarnation;
    if (isNew) this.#lose(entry.key, "replaced");
    const { renewal, ...member } = record;
    const seenAt = this.#options.clock.monotonic();
    this.#others.set(entry.key, { member, revision: entry.revision, renewal, seenAt });
    this.#expired.delete(entry.key);
    if (isNew) { for (const take of this.#joined) take(member); }
    if (isNew || known?.member.isDraining !== member.isDraining) this.#noteChange(member.kind);
  }

  #takeOwn(entry: LeaseEntry): void {
    const record = readRecord(entry);
    if (record?.incarnation !== this.#incarnation) {
      if (entry.value === undefined || entry.revision <= this.#revision) return;
      return this.#noteDeposed(record === undefined ? "expired" : "replaced");
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
    const { incarnation, kind } = known.member;
    if (reason === "expired") this.#expired.set(key, { incarnation, revision: known.revision });
    this.#options.telemetry.log("warn", "a member of the cluster is gone", { key, reason });
    for (const take of this.#lost) take(known.member, reason);
    this.#noteChange(kind);
  }

  #noteChange(kind: string): void {
    for (const take of this.#changed) take(kind);
  }
}

/** Revisions begin again when the map was lost; the renewals of a life go on. */
function isNews(known: Observed, entry: LeaseEntry, record: MemberRecord | undefined): boolean {
  if (entry.revision > known.revision) return true;
  return record?.incarnation === known.member.incarnation && record.renewal > known.renewal;
}

/** Undefined for a removed or deposed member. */
function readRecord({ value }: LeaseEntry): MemberRecord | undefined {
  if (value === undefined) return undefined;
  const record = JSON.parse(value) as Partial<MemberRecord>;
  return record.incarnation === undefined ? undefined : record as MemberRecord;
}
