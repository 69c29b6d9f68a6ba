/** The stations of the runbook: each has its part in what is lost and what is not. */
import { systemClock } from "#engine/adapters/system_clock.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { wait } from "#loadtest/paced_clock.ts";
import type { PlatformProcess } from "#loadtest/platform_process.ts";
import { VirtualCharger } from "#loadtest/virtual_charger.ts";

export type Part = "before" | "lost" | "endsInLostTime" | "goesOn16" | "goesOn2" | "after";

const protocols = {
  before: "ocpp1.6",
  lost: "ocpp1.6",
  endsInLostTime: "ocpp2.0.1",
  goesOn16: "ocpp1.6",
  goesOn2: "ocpp2.0.1",
} as const;
type Station = keyof typeof protocols;

const patienceMs = 60_000;
/** Two of each session: at 150 kW a car takes 42 Wh a second. */
const meterSeconds = 1;

export class RunbookFleet {
  readonly #chargers: ReadonlyMap<Station, VirtualCharger>;
  readonly #platform: PlatformProcess;
  readonly #clock = systemClock();

  constructor(platform: PlatformProcess) {
    this.#platform = platform;
    const random = new SimRandom(7);
    const make = (station: Station): VirtualCharger =>
      new VirtualCharger({
        url: platform.ocppUrl,
        identity: station,
        protocol: protocols[station],
        random: random.fork(),
        evses: 1,
        powerW: 150_000,
        meterIntervalSeconds: meterSeconds,
        backOff: { minimumMs: 300, doublings: 3, randomMs: 300 },
        queue: { length: 5_000, attempts: 1_000, retrySeconds: 1 },
      });
    const names: readonly Station[] = ["before", "lost", "endsInLostTime", "goesOn16", "goesOn2"];
    this.#chargers = new Map(names.map((name) => [name, make(name)]));
  }

  /** The charger that has this part; "after" is the one whose session was lost, once more. */
  charger(part: Part): VirtualCharger {
    const found = this.#chargers.get(part === "after" ? "lost" : part);
    if (found === undefined) throw new Error(`no charger ${part}`);
    return found;
  }

  async provision(): Promise<void> {
    const { rest } = this.#platform;
    const names = [...this.#chargers.keys()];
    await rest.importStations(names.map((id) => ({ id, securityProfile: 0, quiet: true })));
    await rest.importTokens(names.map((id) => ({ uid: token(id), status: "Accepted" })));
    for (const charger of this.#chargers.values()) charger.start();
    await this.online();
  }

  /** All are connected and have told what they had to tell. */
  online(): Promise<void> {
    return this.#until(() =>
      [...this.#chargers.values()].every(({ isOnline, queued }) => isOnline && queued <= 1)
    );
  }

  async begin(parts: readonly Part[]): Promise<void> {
    const chargers = parts.map((part) => this.charger(part));
    await Promise.all(chargers.map(async (charger) => {
      charger.plugIn(1, { capacityWh: 80_000, maxPowerW: 120_000, charge: 0.2 });
      await charger.present(1, token(charger.identity));
    }));
    await this.#until(() =>
      chargers.every(({ transactions, queued }) =>
        transactions.at(-1)?.wireId !== undefined && queued === 0
      )
    );
  }

  /** Ends it and resolves when the end was answered. */
  async finish(part: Part): Promise<void> {
    const charger = this.charger(part);
    charger.unplug(1);
    await this.#until(() =>
      charger.queued === 0 && charger.transactions.at(-1)?.isReported === true
    );
  }

  /** A session from plug to answered end, with some meter values. */
  async wholeSession(part: Part): Promise<void> {
    await this.begin([part]);
    await this.meterValues();
    await this.finish(part);
  }

  /** So long that every open session tells its meter twice. */
  meterValues(): Promise<void> {
    return wait(this.#clock, 2_200 * meterSeconds);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#chargers.values()].map((charger) => charger.stop()));
  }

  async #until(isMet: () => boolean): Promise<void> {
    const endsAt = this.#clock.monotonic() + patienceMs;
    while (!isMet()) {
      if (this.#clock.monotonic() > endsAt) throw new Error("the stations did not get on");
      // deno-lint-ignore no-await-in-loop -- polls
      await wait(this.#clock, 50);
    }
  }
}

function token(identity: string): string {
  return `TAG-${identity}`;
}
