/** When a monitored variable is worth an event (OCPP 2.0.1 Part 2, N07 and appendix). */

export const monitorTypes = [
  "UpperThreshold",
  "LowerThreshold",
  "Delta",
  "Periodic",
  "PeriodicClockAligned",
] as const;
export type MonitorType = typeof monitorTypes[number];

export interface Verdict {
  readonly trigger: "Alerting" | "Delta" | "Periodic";
  /** Back on the good side. */
  readonly isCleared: boolean;
}

/** What one monitor has seen so far. */
export class MonitorMemory {
  #isBeyond = false;
  #last: number | string;

  /** `now`: what the variable was when the monitor was set. */
  constructor(now: number | string) {
    this.#last = now;
  }

  /** What a new value means for a monitor; undefined = nothing to tell. */
  see(type: MonitorType, limit: number, value: number | string): Verdict | undefined {
    switch (type) {
      case "UpperThreshold":
        return this.#cross(Number(value) > limit);
      case "LowerThreshold":
        return this.#cross(Number(value) < limit);
      case "Delta":
        return this.#move(limit, value);
      default:
        return undefined;
    }
  }

  #cross(isBeyond: boolean): Verdict | undefined {
    if (isBeyond === this.#isBeyond) return undefined;
    this.#isBeyond = isBeyond;
    return { trigger: "Alerting", isCleared: !isBeyond };
  }

  /** What is no number has moved when it is another. */
  #move(limit: number, value: number | string): Verdict | undefined {
    const hasMoved = typeof value === "number"
      ? Math.abs(value - Number(this.#last)) >= limit
      : value !== this.#last;
    if (!hasMoved || value === this.#last) return undefined;
    this.#last = value;
    return { trigger: "Delta", isCleared: false };
  }
}
