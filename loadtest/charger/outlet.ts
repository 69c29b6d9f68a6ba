import type { Instant } from "#engine/ports/clock.ts";
import { acceptedPower, type Battery, charged } from "./battery.ts";
import type { ConnectorState, Reading, Transaction } from "./transaction.ts";

export interface OutletOptions {
  readonly evseId: number;
  readonly limitW: number;
  /** A meter counts for life and starts a session anywhere. */
  readonly registerWh: number;
}

/** One EVSE with one connector and one meter: the physical truth, without a protocol. */
export class Outlet {
  readonly evseId: number;
  readonly limitW: number;
  state: ConnectorState = "Available";
  /** What the CSMS was last told, in the words of the version; undefined = nothing yet. */
  reportedStatus: string | undefined;
  transaction: Transaction | undefined;
  /** A remote start that waits for the plug. */
  awaited: { readonly tokenUid: string; readonly remoteStartId: number | undefined } | undefined;
  isOperative = true;
  #battery: Battery | undefined;
  /** Thousandths of a Wh: a fraction that one reading cuts off must count in the next. */
  #registerMilliWh: number;
  #advancedAt: Instant = 0;

  constructor(options: OutletOptions) {
    this.evseId = options.evseId;
    this.limitW = options.limitW;
    this.#registerMilliWh = options.registerWh * 1_000;
  }

  get isPlugged(): boolean {
    return this.#battery !== undefined;
  }

  get isFull(): boolean {
    return this.#battery !== undefined && this.#battery.charge >= 1;
  }

  plug(battery: Battery): void {
    this.#battery = battery;
  }

  unplug(): void {
    this.#battery = undefined;
  }

  /** Lets energy flow up to `now`; without `isCharging` time just passes. */
  advance(now: Instant, isCharging: boolean): void {
    const seconds = Math.max(0, now - this.#advancedAt) / 1_000;
    this.#advancedAt = Math.max(now, this.#advancedAt);
    if (!isCharging || this.#battery === undefined) return;
    const step = charged(this.#battery, this.limitW, seconds);
    this.#battery = step.battery;
    this.#registerMilliWh += Math.round(step.energyWh * 1_000);
  }

  /** What the meter shows now. */
  reading(): Reading {
    const battery = this.#battery;
    const isCharging = this.state === "Charging" && battery !== undefined;
    return {
      registerWh: Math.floor(this.#registerMilliWh / 1_000),
      powerW: isCharging ? Math.round(acceptedPower(battery, this.limitW)) : 0,
      chargePercent: battery === undefined ? undefined : Math.floor(battery.charge * 100),
    };
  }
}
