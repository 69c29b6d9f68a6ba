import type { Clock } from "#engine/ports/clock.ts";
import type { Random } from "#engine/ports/random.ts";
import type { BackOffLimits } from "./back_off.ts";
import type { Dialect, Nameplate } from "./dialect.ts";
import type { OfflineQueueLimits } from "./offline_queue.ts";
import { Outlet } from "./outlet.ts";
import type { AnsweredMessage } from "./station_link.ts";
import type { Password } from "./station_socket.ts";

export interface VirtualChargerOptions {
  /** `ws://host:port/ocpp`, without the identity. */
  readonly url: string;
  /** Where it turns when it cannot connect. */
  readonly otherUrls?: readonly string[] | undefined;
  readonly identity: string;
  readonly protocol: Dialect["protocol"];
  readonly password?: Password;
  readonly random: Random;
  /** The charger's time; one that runs fast makes sessions short. Default: the machine's. */
  readonly clock?: Clock;
  readonly evses?: number;
  /** What each EVSE can give. */
  readonly powerW?: number;
  readonly meterIntervalSeconds?: number;
  readonly nameplate?: Partial<Nameplate>;
  readonly queue?: OfflineQueueLimits;
  readonly backOff?: BackOffLimits;
  readonly reusesMessageIds?: boolean;
  readonly onLedger?: (entry: AnsweredMessage) => void;
}

export const queueDefault: OfflineQueueLimits = { length: 5_000, attempts: 5, retrySeconds: 10 };
export const backOffDefault: BackOffLimits = { minimumMs: 1_000, doublings: 5, randomMs: 1_000 };

/** Highest lifetime register a new meter may start with. */
const REGISTER_WH_MAX = 5_000_000;
/** The outlets that a charger has from the start. */
export function outletsOf({ evses, powerW, random }: VirtualChargerOptions): readonly Outlet[] {
  return Array.from({ length: evses ?? 2 }, (_, index) =>
    new Outlet({
      evseId: index + 1,
      limitW: powerW ?? 22_000,
      registerWh: Math.floor(random.fraction() * REGISTER_WH_MAX),
    }));
}

export function nameplateOf({ identity, nameplate }: VirtualChargerOptions): Nameplate {
  return {
    vendor: "Statewatt",
    model: "Virtual",
    serialNumber: identity.slice(0, 25),
    firmwareVersion: "1.0.0",
    ...nameplate,
  };
}
