import { busContract } from "../ports/bus_contract.ts";
import { silentTelemetry } from "../telemetry.ts";
import { LocalBus } from "./local_bus.ts";
import { systemClock } from "./system_clock.ts";

busContract("local bus", () => {
  const clock = systemClock();
  const outstandingMax = 1_500;
  const bus = new LocalBus({ clock, telemetry: silentTelemetry(clock), outstandingMax });
  return Promise.resolve({
    asker: bus,
    listener: bus,
    outstandingMax,
    settled: () => Promise.resolve(),
    during: (promise) => promise,
    close: () => bus.close(),
  });
});
