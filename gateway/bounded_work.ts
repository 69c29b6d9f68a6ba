import { PlatformError } from "#schemas/errors.ts";

export interface BoundedWorkLimits {
  readonly atOnceMax: number;
  readonly waitingMax: number;
}

/** Runs work a few at a time, in order; what finds the queue full is refused. */
export class BoundedWork {
  readonly #name: string;
  readonly #limits: BoundedWorkLimits;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(name: string, limits: BoundedWorkLimits) {
    this.#name = name;
    this.#limits = limits;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** @throws {PlatformError} "overloaded" when too many wait; else what `work` throws. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#limits.atOnceMax) await this.#turn();
    else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  /** The place of who has just finished passes to the first who waits. */
  #turn(): Promise<void> {
    if (this.#waiting.length >= this.#limits.waitingMax) {
      const detail = `Cannot ${this.#name}: ${this.#limits.waitingMax} already wait`;
      throw new PlatformError("overloaded", detail, { retryAfterSeconds: 10 });
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
