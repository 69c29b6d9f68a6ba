import { systemClock } from "#engine/adapters/system_clock.ts";
import type { SimRandom } from "#engine/sim/sim_random.ts";
import type { AnsweredMessage } from "../charger/station_link.ts";
import { wait } from "../paced_clock.ts";
import { VirtualCharger } from "../virtual_charger.ts";

/** What a charger was told, and by which charger: the platform may not forget it. */
export interface Acknowledged extends AnsweredMessage {
  readonly stationId: string;
}

export interface CrashFleetOptions {
  readonly url: string;
  /** More gateways: chargers prefer one of all by turns, and turn to another when it is away. */
  readonly otherUrls?: readonly string[];
  readonly sessions: number;
  readonly meterIntervalSeconds: number;
  /** Cars arrive over so long a time, and so do their meter values ever after. Default: at once. */
  readonly arrivalSeconds?: number;
  readonly random: SimRandom;
}

/**
 * One charger in ten changes cars around every kill, so that starts and stops are hit in flight.
 */
const CHURN_EVERY = 10;
const backOff = { minimumMs: 300, doublings: 3, randomMs: 700 } as const;
const queue = { length: 5_000, attempts: 1_000, retrySeconds: 1 } as const;

export function crashIdentity(index: number): string {
  return `CRASH-${String(index).padStart(4, "0")}`;
}

export function crashToken(index: number): string {
  return `CRASHTAG${String(index).padStart(4, "0")}`;
}

function placesOf(
  { url, otherUrls = [] }: CrashFleetOptions,
  index: number,
): { readonly url: string; readonly otherUrls: readonly string[] } {
  const urls = [url, ...otherUrls];
  // Protocols go by turns, too: each gateway gets both.
  const first = (index >> 1) % urls.length;
  const [preferred = url, ...rest] = [...urls.slice(first), ...urls.slice(0, first)];
  return { url: preferred, otherUrls: rest };
}

/**
 * Chargers in the middle of sessions, 1.6 and 2.0.1 by turns, and all that was acknowledged to
 * them.
 */
export class CrashFleet {
  readonly chargers: readonly VirtualCharger[];
  readonly acknowledged: Acknowledged[] = [];
  readonly #random: SimRandom;
  readonly #arrivalMs: number;
  readonly #clock = systemClock();

  constructor(options: CrashFleetOptions) {
    this.#random = options.random;
    this.#arrivalMs = (options.arrivalSeconds ?? 0) * 1_000;
    this.chargers = Array.from({ length: options.sessions }, (_, index) =>
      new VirtualCharger({
        ...placesOf(options, index),
        identity: crashIdentity(index),
        protocol: index % 2 === 0 ? "ocpp1.6" : "ocpp2.0.1",
        random: options.random.fork(),
        evses: 1,
        powerW: 150_000,
        meterIntervalSeconds: options.meterIntervalSeconds,
        // Real chargers do either (OCPP-J, 4.2.1: a retry may carry the id of the first attempt).
        reusesMessageIds: options.random.chance(0.5),
        backOff,
        queue,
        onLedger: (entry) => this.acknowledged.push({ ...entry, stationId: crashIdentity(index) }),
      }));
  }

  /** Resolves when every charger is in a session whose start was answered. */
  async charge(): Promise<void> {
    this.chargers.forEach((charger) => charger.start());
    await this.until(() => this.chargers.every((charger) => charger.isOnline));
    await Promise.all(this.chargers.map(async (_, index) => {
      await wait(this.#clock, this.#arrivalMs * this.#random.fraction());
      await this.#arrive(index);
    }));
    await this.until(() =>
      this.chargers.every((charger) => charger.transactions[0]?.wireId !== undefined)
    );
    await this.settled();
  }

  /** Every charger is online and has told what was queued but for what came in this moment. */
  settled(): Promise<void> {
    return this.until(() =>
      this.chargers.every((charger) => charger.isOnline && charger.queued <= 1)
    );
  }

  /**
   * Some cars leave and others come, spread over the next `seconds`, whatever happens to the
   * platform.
   */
  churn(seconds: number): Promise<unknown> {
    const phase = this.#random.integer(CHURN_EVERY);
    return Promise.all(
      this.chargers.map(async (charger, index) => {
        if (index % CHURN_EVERY !== phase) return;
        await wait(this.#clock, this.#random.fraction() * seconds * 1_000);
        charger.end(1, "Local");
        charger.unplug(1);
        await this.#arrive(index);
      }),
    );
  }

  /** Ends every session and resolves when all was told. */
  async finish(): Promise<void> {
    this.chargers.forEach((charger) => charger.end(1, "Local"));
    await this.until(() => this.chargers.every((charger) => charger.queued === 0));
    await Promise.all(this.chargers.map((charger) => charger.stop()));
  }

  /** Rejects after two minutes. */
  async until(isMet: () => boolean): Promise<void> {
    const endsAtMs = this.#clock.monotonic() + 120_000;
    while (!isMet()) {
      if (this.#clock.monotonic() > endsAtMs) throw new Error(`Cannot go on: ${this.#state()}`);
      // deno-lint-ignore no-await-in-loop -- polling
      await wait(this.#clock, 50);
    }
  }

  async #arrive(index: number): Promise<void> {
    const charger = this.chargers[index];
    const charge = 0.1 + 0.3 * this.#random.fraction();
    const car = { capacityWh: 80_000, maxPowerW: 120_000, charge };
    if (charger === undefined || !charger.plugIn(1, car)) return;
    await charger.present(1, crashToken(index));
  }

  #state(): string {
    const offline = this.chargers.filter((charger) => !charger.isOnline).length;
    const queued = this.chargers.reduce((sum, charger) => sum + charger.queued, 0);
    const idle = this.chargers.filter((charger) => charger.outlets[0]?.transaction === undefined);
    return `after two minutes ${offline} chargers are offline, ${idle.length} are in no session, ` +
      `${queued} messages wait`;
  }
}
