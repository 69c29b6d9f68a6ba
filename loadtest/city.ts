import type { SimRandom } from "#engine/sim/sim_random.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { Battery } from "./charger/battery.ts";
import { wait } from "./paced_clock.ts";
import type { VirtualCharger } from "./virtual_charger.ts";

export interface CityHabits {
  /** Mean time between a car leaving an EVSE and the next. */
  readonly gapSeconds: number;
  /** Mean stay of a car. */
  readonly staySeconds: number;
  /** Part of the visits in which the EVSE breaks. */
  readonly faultShare: number;
  /** Part of the visits in which the charger loses the network for a while. */
  readonly offlineShare: number;
}

export interface CityOptions {
  readonly chargers: readonly VirtualCharger[];
  /** Cards of the drivers; each is in one car at a time. */
  readonly tokens: readonly string[];
  readonly clock: Clock;
  readonly random: SimRandom;
  readonly habits: CityHabits;
}

/** From the plug to the card, and from the last Wh to driving off. */
const HANDLING_SECONDS = 4;
const FAULT_SECONDS = 45;
const OFFLINE_MS_MAX = 40_000;

/** Capacity in Wh and greatest power in W of what drives around. */
const cars: readonly (readonly [number, number])[] = [
  [36_000, 50_000],
  [52_000, 85_000],
  [58_000, 120_000],
  [77_000, 135_000],
  [82_000, 170_000],
  [100_000, 250_000],
];

/** Drivers who come, charge and leave, by seed, for as long as the city runs. */
export class City {
  readonly #options: CityOptions;
  readonly #freeTokens: string[];
  #isRunning = false;
  #lives: Promise<unknown> = Promise.resolve();

  constructor(options: CityOptions) {
    this.#options = options;
    this.#freeTokens = [...options.tokens];
  }

  /** Switches the chargers on and lets the first cars come within one gap. */
  start(): void {
    this.#isRunning = true;
    const { chargers, random } = this.#options;
    for (const charger of chargers) charger.start();
    this.#lives = Promise.all(
      chargers.flatMap((charger) =>
        charger.outlets.map((outlet) => this.#life(charger, outlet.evseId, random.fork()))
      ),
    );
  }

  /** No car comes any more; those that are there leave at once. Resolves when the last has left. */
  async empty(): Promise<void> {
    this.#isRunning = false;
    for (const charger of this.#options.chargers) {
      charger.outlets.forEach((outlet) => {
        charger.end(outlet.evseId);
        charger.unplug(outlet.evseId);
      });
    }
    await this.#lives;
  }

  /** Switches all chargers off. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    await Promise.all(this.#options.chargers.map((charger) => charger.stop()));
  }

  async #life(charger: VirtualCharger, evseId: number, random: SimRandom): Promise<void> {
    const { habits } = this.#options;
    await this.#wait(random.fraction() * habits.gapSeconds);
    while (this.#isRunning) {
      const token = this.#freeTokens.shift();
      if (token !== undefined) {
        // deno-lint-ignore no-await-in-loop -- one car after the other
        await this.#visit(charger, evseId, { token, random });
        this.#freeTokens.push(token);
      }
      // deno-lint-ignore no-await-in-loop
      await this.#wait(exponential(random, habits.gapSeconds));
    }
  }

  async #visit(
    charger: VirtualCharger,
    evseId: number,
    { token, random }: { readonly token: string; readonly random: SimRandom },
  ): Promise<void> {
    const { habits } = this.#options;
    if (!charger.plugIn(evseId, carOf(random))) return;
    await this.#wait(HANDLING_SECONDS * (0.5 + random.fraction()));
    if (this.#isRunning) await charger.present(evseId, token);
    if (random.chance(habits.offlineShare)) {
      charger.cutNetwork(OFFLINE_MS_MAX * random.fraction());
    }
    await this.#wait(habits.staySeconds * (0.3 + 1.4 * random.fraction()));
    if (random.chance(habits.faultShare)) {
      charger.fault(evseId);
      await this.#wait(FAULT_SECONDS);
      charger.repair(evseId);
    } else if (random.chance(0.8)) {
      charger.end(evseId, "Local");
      await this.#wait(HANDLING_SECONDS * (0.5 + random.fraction()));
    }
    charger.unplug(evseId);
  }

  /** Ends early when the city empties. */
  async #wait(seconds: number): Promise<void> {
    const { clock } = this.#options;
    const endsAt = clock.monotonic() + seconds * 1_000;
    while (this.#isRunning && clock.monotonic() < endsAt) {
      // deno-lint-ignore no-await-in-loop -- in small steps, so that an emptying city is soon empty
      await wait(clock, Math.min(1_000, endsAt - clock.monotonic()));
    }
  }
}

function carOf(random: SimRandom): Battery {
  const [capacityWh, maxPowerW] = cars[random.integer(cars.length)] ?? [50_000, 100_000];
  return { capacityWh, maxPowerW, charge: 0.1 + 0.75 * random.fraction() };
}

/** Waits between independent arrivals. */
function exponential(random: SimRandom, mean: number): number {
  return -Math.log(1 - random.fraction()) * mean;
}
