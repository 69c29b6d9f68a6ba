import { parseAddress } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { InputProviders, InputRequest } from "./actor.ts";
import { inTime } from "./in_time.ts";
import type { Partition } from "./partition.ts";
import type { Clock } from "./ports/clock.ts";

/** An input that takes longer never comes: the mailbox goes on, the answer is withheld. */
const INPUTS_MS = 5_000;

/** What steps need that is not in their message: drawn numbers, tokens, grants. */
export class Inputs {
  readonly #providers: InputProviders;
  readonly #clock: Clock;

  constructor(providers: InputProviders, clock: Clock) {
    this.#providers = providers;
    this.#clock = clock;
  }

  /** @throws {PlatformError} "timed-out" when one does not come, or what its source throws. */
  async of(
    actor: string,
    partition: Partition,
    requests: readonly InputRequest[],
  ): Promise<Readonly<Record<string, unknown>>> {
    const { tenant } = parseAddress(actor);
    const { epoch } = partition.cursor;
    if (requests.some(({ readsOwnRows }) => readsOwnRows === true)) {
      await this.#committed(partition);
    }
    const awaited = Promise.all(requests.map(({ source, request }) => {
      if (source === "shardEpoch") return epoch;
      const provider = this.#providers[source];
      if (provider === undefined) throw new TypeError(`Cannot get an input: no source "${source}"`);
      return provider(tenant, request);
    }));
    const values = await inTime(this.#clock, INPUTS_MS, awaited);
    return Object.fromEntries(requests.map(({ name }, index) => [name, values[index]]));
  }

  /** Steps that have not committed would be overwritten by what is read before they have. */
  async #committed({ lane, uncommitted }: Partition): Promise<void> {
    if (uncommitted === 0) return;
    // While the lane looks for a guilty message it waits for us.
    if (lane.isPaused) throw new PlatformError("overloaded", "Cannot get an input: commits wait");
    await inTime(this.#clock, INPUTS_MS, lane.settled());
  }
}
