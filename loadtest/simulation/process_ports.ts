import type { Bus } from "#engine/ports/bus.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { FactPublisher } from "#engine/ports/facts.ts";
import type { LeaseStore } from "#engine/ports/leases.ts";
import type { Store } from "#engine/ports/store.ts";
import type { SimBus } from "#engine/sim/sim_bus.ts";
import type { SimLeases } from "#engine/sim/sim_leases.ts";
import type { SimRandom } from "#engine/sim/sim_random.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import type { ProcessLink } from "./process_link.ts";
import type { ProcessJournal } from "./process_store.ts";
import type { SimProcess } from "./sim_process.ts";

/** Everything by which one process reaches the world. */
export interface ProcessPorts {
  readonly process: SimProcess;
  /** The process's own: its alarms die with it. */
  readonly clock: Clock;
  /** The world's: what is under way moves on when the process stands still. */
  readonly realClock: Clock;
  readonly random: SimRandom;
  readonly telemetry: Telemetry;
  readonly bus: Bus;
  readonly busEnd: SimBus;
  readonly leases: LeaseStore;
  readonly leasesEnd: SimLeases;
  readonly store: Store;
  /** For statements beside the store's. */
  readonly sqlLink: ProcessLink;
  readonly journal: ProcessJournal;
  readonly publisher: FactPublisher;
}
