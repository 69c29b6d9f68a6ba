import { systemClock } from "#engine/adapters/system_clock.ts";
import { inTime } from "#engine/in_time.ts";
import { defaultTenant, shardOf, stationKey } from "#schemas/address.ts";
import { LoadCharger } from "../load/load_charger.ts";
import { wait } from "../paced_clock.ts";
import { type ProbeResult, resultOf } from "./probe_result.ts";

const clock = systemClock();
const RETRY_MS = 50;
/** An answer that was withheld never comes: the charger connects again. Real ones wait for 30 s. */
const ANSWER_MS_MAX = 10_000;
const PATIENCE_MS = 120_000;

/** One station per shard. */
export function probeIdentities(shardCount: number): readonly string[] {
  const found = new Map<number, string>();
  for (let index = 0; found.size < shardCount; index++) {
    const identity = `PROBE-${index}`;
    const address = { tenant: defaultTenant, kind: "charger", key: stationKey(identity) };
    const shard = shardOf(address, shardCount);
    if (!found.has(shard)) found.set(shard, identity);
  }
  return [...found].sort(([one], [other]) => one - other).map(([, identity]) => identity);
}

/** Connected stations, one per shard, that tell their actors something to be kept. */
export class StationProbe {
  readonly #chargers: readonly ProbeCharger[];

  constructor(urls: readonly string[], identities: readonly string[]) {
    this.#chargers = identities.map((identity, shard) => new ProbeCharger(urls, identity, shard));
  }

  /** Asks the actors of every shard at once, each again and again until it has answered. */
  async run(): Promise<ProbeResult> {
    return resultOf(
      await Promise.all(this.#chargers.map((charger) => charger.msUntilAnswer())),
    );
  }

  close(): void {
    for (const charger of this.#chargers) charger.close();
  }
}

class ProbeCharger {
  readonly #urls: readonly string[];
  readonly #identity: string;
  /** Which gateway is tried next. */
  #place: number;
  #charger: LoadCharger | undefined;

  constructor(urls: readonly string[], identity: string, place: number) {
    this.#urls = urls;
    this.#identity = identity;
    this.#place = place;
  }

  close(): void {
    this.#charger?.close();
  }

  async msUntilAnswer(): Promise<number> {
    const beganAtMs = clock.monotonic();
    while (clock.monotonic() - beganAtMs < PATIENCE_MS) {
      const attempt = this.#attempt();
      try {
        // deno-lint-ignore no-await-in-loop -- an attempt follows the failure of the one before
        await inTime(clock, ANSWER_MS_MAX, attempt);
        return clock.monotonic() - beganAtMs;
      } catch {
        this.#giveUp(attempt);
        // deno-lint-ignore no-await-in-loop
        await wait(clock, RETRY_MS);
      }
    }
    throw new Error(`Cannot go on: no actor answered ${this.#identity} in two minutes`);
  }

  async #attempt(): Promise<void> {
    const charger = this.#charger?.isOpen === true ? this.#charger : await this.#open();
    const timestamp = new Date(clock.now()).toISOString();
    await charger.call("MeterValues", {
      connectorId: 1,
      meterValue: [{ timestamp, sampledValue: [{ value: "1" }] }],
    });
  }

  async #open(): Promise<LoadCharger> {
    const url = this.#urls[this.#place % this.#urls.length] ?? "";
    const charger = new LoadCharger({ url, identity: this.#identity });
    this.#charger = charger;
    await charger.open();
    return charger;
  }

  #giveUp(attempt: Promise<void>): void {
    const charger = this.#charger;
    this.#charger = undefined;
    this.#place++;
    charger?.close();
    // One that opens later shall not stay.
    attempt.catch(() => {}).finally(() => charger?.close());
  }
}
