import type { Clock } from "./ports/clock.ts";
import { LEASE_MS, type Membership } from "./leases.ts";
import type { Telemetry } from "./telemetry.ts";

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
 * Proof that shards of this worker are its own: the send time of a renewal of its lease or of a
 * read of its epochs for all of them, of a fenced commit for the shards of that commit. An answer
 * that no commit stands for may leave only while it is fresh.
 */
export class OwnershipProof {
  readonly #options: OwnershipOptions;
  #readAt = -Infinity;
  #isReading = false;
  #cancel = (): void => {};

  constructor(options: OwnershipOptions) {
    this.#options = options;
    options.telemetry.watch(
      "statewatt_ownership_proven",
      "1 while answers may be given from memory",
      () => +this.mayAnswer(-Infinity),
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

  /**
   * Whether an answer that rests on memory may leave now. `committedAt`: monotonic send time of the
   * last fenced commit of its shard.
   */
  mayAnswer(committedAt: number): boolean {
    const { membership, clock } = this.#options;
    const provenAt = Math.max(committedAt, this.#provenAt);
    return !membership.isDeposed && clock.monotonic() - provenAt < LEASE_MS;
  }

  get #provenAt(): number {
    return Math.max(this.#readAt, this.#options.membership.renewedAt);
  }

  async #prove(): Promise<void> {
    const { clock, stillOwns, telemetry } = this.#options;
    const sentAt = clock.monotonic();
    if (this.#isReading || sentAt - this.#provenAt < PROOF_WANTED_MS) return;
    this.#isReading = true;
    try {
      if (await stillOwns()) this.#readAt = sentAt;
    } catch (error) {
      telemetry.log("debug", "ownership could not be read", { error });
    } finally {
      this.#isReading = false;
    }
  }
}
