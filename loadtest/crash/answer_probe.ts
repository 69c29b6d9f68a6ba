import { systemClock } from "#engine/adapters/system_clock.ts";
import { LoadCharger } from "../load/load_charger.ts";
import { wait } from "../paced_clock.ts";
import type { PlatformProcess } from "../platform_process.ts";

const RETRY_MS = 25;
const PATIENCE_MS = 180_000;

/** Tries to boot again and again; resolves with the ms until an actor answered. */
export async function msUntilAnswer(platform: PlatformProcess, identity: string): Promise<number> {
  const clock = systemClock();
  const beganAtMs = clock.monotonic();
  while (clock.monotonic() - beganAtMs < PATIENCE_MS && !platform.hasEnded) {
    const charger = new LoadCharger({ url: platform.ocppUrl, identity });
    try {
      // deno-lint-ignore no-await-in-loop -- an attempt follows the failure of the one before
      await charger.open();
      // deno-lint-ignore no-await-in-loop
      await charger.call("BootNotification", {
        chargePointVendor: "Statewatt",
        chargePointModel: "Probe",
      });
      return clock.monotonic() - beganAtMs;
    } catch {
      // deno-lint-ignore no-await-in-loop
      await wait(clock, RETRY_MS);
    } finally {
      charger.close();
    }
  }
  throw new Error(`Cannot go on: no actor answered, the platform said\n${platform.output}`);
}
