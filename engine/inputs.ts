import { parseAddress } from "#schemas/address.ts";
import type { InputProviders, InputRequest } from "./actor.ts";
import type { ShardCursor } from "./batch.ts";
import { inTime } from "./in_time.ts";
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
    { epoch }: ShardCursor,
    requests: readonly InputRequest[],
  ): Promise<Readonly<Record<string, unknown>>> {
    const { tenant } = parseAddress(actor);
    const awaited = Promise.all(requests.map(({ source, request }) => {
      if (source === "shardEpoch") return epoch;
      const provider = this.#providers[source];
      if (provider === undefined) throw new TypeError(`Cannot get an input: no source "${source}"`);
      return provider(tenant, request);
    }));
    const values = await inTime(this.#clock, INPUTS_MS, awaited);
    return Object.fromEntries(requests.map(({ name }, index) => [name, values[index]]));
  }
}
