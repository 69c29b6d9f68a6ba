import { systemClock } from "#engine/adapters/system_clock.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import type { AnsweredMessage } from "../charger/station_link.ts";
import { City } from "../city.ts";
import { wait } from "../paced_clock.ts";
import { VirtualCharger } from "../virtual_charger.ts";
import { Latencies } from "./latencies.ts";
import type { WindowOptions, WindowResult } from "./run_window.ts";
import { identityOf, type Stage, tokenOf, type Truth } from "./stage.ts";

/** Short stays: a round should see many whole sessions. */
const habits = { gapSeconds: 10, staySeconds: 20, faultShare: 0.03, offlineShare: 0.05 } as const;
const protocols = ["ocpp1.6", "ocpp2.0.1", "ocpp1.6", "ocpp2.1"] as const;
const DELIVERY_MS_MAX = 90_000;

/** Full virtual chargers of all versions with two EVSEs each, and drivers who come and go. */
export function cityStage(url: string, count: number, seed: number): Stage {
  const clock = systemClock();
  const random = new SimRandom(seed);
  const tally = new Tally();
  const chargers = Array.from({ length: count }, (_, index) =>
    new VirtualCharger({
      url,
      identity: identityOf(index),
      protocol: protocols[index % protocols.length] ?? "ocpp1.6",
      random: random.fork(),
      powerW: index % 3 === 0 ? 22_000 : 150_000,
      meterIntervalSeconds: 5,
      onLedger: (entry) => tally.add(entry),
    }));
  const tokens = Array.from({ length: count }, (_, index) => tokenOf(index));
  const city = new City({ chargers, tokens, clock, random: random.fork(), habits });
  const isDelivered = (): boolean => chargers.every((charger) => charger.queued === 0);
  const truths = (): readonly Truth[] => chargers.flatMap(truthsOf);
  let isStarted = false;
  return {
    round: async (options) => {
      if (!isStarted) city.start();
      isStarted = true;
      return await tally.during(options, () => sumOf(chargers, "droppedMessages"));
    },
    endedSessions: () => truths().length,
    close: async () => {
      await city.empty();
      const endsAtMs = clock.monotonic() + DELIVERY_MS_MAX;
      // deno-lint-ignore no-await-in-loop -- polling
      while (!isDelivered() && clock.monotonic() < endsAtMs) await wait(clock, 200);
      await city.stop();
      return truths();
    },
  };
}

function truthsOf(charger: VirtualCharger): readonly Truth[] {
  return charger.transactions.filter((one) => one.wireId !== undefined).map((one) => ({
    identity: charger.identity,
    transactionId: one.wireId ?? "",
    energyWh: (one.stopWh ?? 0) - one.startWh,
    meterMessages: 0,
  }));
}

function sumOf(chargers: readonly VirtualCharger[], field: "droppedMessages"): number {
  return chargers.reduce((sum, charger) => sum + charger[field], 0);
}

/** Counts answers while a round runs. */
class Tally {
  #latencies = new Latencies();

  add(entry: AnsweredMessage): void {
    this.#latencies.add(entry.waitedMs);
  }

  async during(options: WindowOptions, errors: () => number): Promise<WindowResult> {
    this.#latencies = new Latencies();
    const latencies = this.#latencies;
    const errorsBefore = errors();
    const beganAtMs = performance.now();
    const progress = setInterval(() => options.onProgress?.(latencies.count, errors()), 1_000);
    await wait(systemClock(), options.seconds * 1_000);
    clearInterval(progress);
    return {
      seconds: (performance.now() - beganAtMs) / 1_000,
      answered: latencies.count,
      answeredInAll: latencies.count,
      errors: errors() - errorsBefore,
      latencies,
    };
  }
}
