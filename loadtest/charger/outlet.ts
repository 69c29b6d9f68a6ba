import type { Instant } from "#engine/ports/clock.ts";
import { acceptedPower, type Battery, charged } from "./battery.ts";
import type { ConnectorState, Reading, Transaction } from "./transaction.ts";

export interface OutletOptions {
  readonly evseId: number;
  readonly limitW: number;
  /** A meter counts for life and starts a session anywhere. */
  readonly registerWh: number;
}

/** A start that somebody has asked for. */
export interface AwaitedStart {
  readonly tokenUid: string;
  readonly groupId: string | undefined;
  readonly remoteStartId: number | undefined;
}

/** From an instant on. */
export interface PowerLimit {
  readonly fromAt: Instant;
  readonly limitW: number;
}

/** What an outlet may give between two instants, ascending; the first holds from the start. */
export type PowerLimits = (from: Instant, to: Instant) => readonly PowerLimit[];

/** One EVSE with one connector and one meter: the physical truth, without a protocol. */
export class Outlet {
  readonly evseId: number;
  /** What it gives when nothing limits it. */
  readonly fullW: number;
  /** Undefined = nothing limits it. */
  limits: PowerLimits | undefined;
  state: ConnectorState = "Available";
  /** What the CSMS was last told, in the words of the version; undefined = nothing yet. */
  reportedStatus: string | undefined;
  transaction: Transaction | undefined;
  /** A remote start that waits for the plug. */
  awaited: AwaitedStart | undefined;
  isOperative = true;
  #battery: Battery | undefined;
  /** Thousandths of a Wh: a fraction that one reading cuts off must count in the next. */
  #registerMilliWh: number;
  #advancedAt: Instant = 0;

  constructor(options: OutletOptions) {
    this.evseId = options.evseId;
    this.fullW = options.limitW;
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
    const from = this.#advancedAt;
    this.#advancedAt = Math.max(now, from);
    if (!isCharging || this.#battery === undefined || now <= from) return;
    const limits = this.limits?.(from, now) ?? [{ fromAt: from, limitW: this.fullW }];
    for (const [index, { fromAt, limitW }] of limits.entries()) {
      const since = index === 0 ? from : Math.max(from, fromAt);
      const until = Math.min(now, limits[index + 1]?.fromAt ?? now);
      this.#charge(limitW, (until - since) / 1_000);
    }
  }

  /** What it may give at `now`. */
  limitW(now: Instant): number {
    return this.limits?.(now, now).at(0)?.limitW ?? this.fullW;
  }

  #charge(limitW: number, seconds: number): void {
    if (this.#battery === undefined || seconds <= 0) return;
    const step = charged(this.#battery, limitW, seconds);
    this.#battery = step.battery;
    this.#registerMilliWh += Math.round(step.energyWh * 1_000);
  }

  /** What the meter shows now. */
  reading(): Reading {
    const battery = this.#battery;
    const isCharging = isDrawing(this) && battery !== undefined;
    return {
      registerWh: Math.floor(this.#registerMilliWh / 1_000),
      powerW: isCharging ? Math.round(acceptedPower(battery, this.limitW(this.#advancedAt))) : 0,
      chargePercent: battery === undefined ? undefined : Math.floor(battery.charge * 100),
    };
  }
}

/** Power may flow: the car wants it, whatever the limits. */
export function isDrawing({ state }: Outlet): boolean {
  return state === "Charging" || state === "SuspendedEVSE";
}
