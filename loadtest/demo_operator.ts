import type { Clock } from "#engine/ports/clock.ts";
import type { SimRandom } from "#engine/sim/sim_random.ts";
import type { Dialect } from "./charger/dialect.ts";
import type { PlatformRest } from "./platform_rest.ts";

export interface OperatedStation {
  readonly id: string;
  readonly protocol: Dialect["protocol"];
}

export interface DemoOperatorOptions {
  readonly rest: PlatformRest;
  readonly stations: readonly OperatedStation[];
  readonly tokens: readonly string[];
  readonly clock: Clock;
  readonly random: SimRandom;
}

/** What somebody has to do once. */
interface Deed {
  readonly path: string;
  readonly body: unknown;
}

/** Seldom enough to cost nothing, often enough for somebody who looks at the pages. */
const ROUND_MS = 20_000;
const FIRST_ROUND_MS = 4_000;
const RESERVED_MS = 10 * 60_000;
/** Reservations that may stand at once. */
const RESERVED_MAX = 3;

/** The city's operator: some limits, messages on displays, and a reservation now and then. */
export class DemoOperator {
  readonly #options: DemoOperatorOptions;
  #todo: readonly Deed[];
  #cancel: () => void = () => {};
  #isRunning = false;

  constructor(options: DemoOperatorOptions) {
    this.#options = options;
    this.#todo = deedsFor(options.stations, options.clock);
  }

  start(): void {
    this.#isRunning = true;
    this.#schedule(FIRST_ROUND_MS);
  }

  stop(): void {
    this.#isRunning = false;
    this.#cancel();
  }

  #schedule(delayMs: number): void {
    this.#cancel = this.#options.clock.schedule(delayMs, () => {
      // A platform that is away is asked again in the next round.
      this.#round().catch(() => {}).then(() => {
        if (this.#isRunning) this.#schedule(ROUND_MS);
      });
    });
  }

  async #round(): Promise<void> {
    const results = await Promise.all(this.#todo.map((deed) => this.#post(deed)));
    this.#todo = this.#todo.filter((_, index) => results[index] !== true);
    const { rest, stations, tokens, random, clock } = this.#options;
    const reserved = await rest.list("/api/v1/reservations", "status=accepted");
    if (reserved.length >= RESERVED_MAX) return;
    const station = stations[random.integer(stations.length)];
    await this.#post({
      path: "/api/v1/reservations",
      body: {
        stationId: station?.id,
        tokenUid: tokens[random.integer(tokens.length)],
        expiresAt: new Date(clock.now() + RESERVED_MS).toISOString(),
      },
    });
  }

  /** Whether it was taken. */
  async #post({ path, body }: Deed): Promise<boolean> {
    const contentType = "application/json";
    const { rest } = this.#options;
    const response = await rest.request("POST", path, { body: JSON.stringify(body), contentType });
    await response.body?.cancel();
    return response.ok;
  }
}

/** A limit for every sixth station, a message for every fourth that has a display. */
function deedsFor(stations: readonly OperatedStation[], clock: Clock): readonly Deed[] {
  const limited = stations.filter((_, index) => index % 6 === 0);
  const shown = stations.filter(({ protocol }) => protocol !== "ocpp1.6")
    .filter((_, index) => index % 4 === 0);
  return [
    ...limited.map(({ id }, index) => ({
      path: `/api/v1/stations/${id}/charging-profiles`,
      body: { evseId: 0, chargingProfile: eveningLimit(index + 1, clock) },
    })),
    ...shown.map(({ id }) => ({
      path: `/api/v1/stations/${id}/display-messages`,
      body: {
        message: { content: "Maintenance on Sunday from 6 to 8" },
        priority: "NormalCycle",
      },
    })),
  ];
}

/** Every day: what the grid has left, hour by hour. */
function eveningLimit(id: number, clock: Clock): unknown {
  const midnight = new Date(clock.now()).toISOString().slice(0, 10);
  const hours = [[0, 120_000], [16, 60_000], [21, 90_000]] as const;
  return {
    id,
    stackLevel: 0,
    chargingProfilePurpose: "ChargingStationMaxProfile",
    chargingProfileKind: "Recurring",
    recurrencyKind: "Daily",
    chargingSchedule: [{
      id: 1,
      startSchedule: `${midnight}T00:00:00Z`,
      chargingRateUnit: "W",
      chargingSchedulePeriod: hours.map(([hour, limit]) => ({ startPeriod: hour * 3_600, limit })),
    }],
  };
}
