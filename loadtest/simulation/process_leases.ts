import type { LeaseEntry, LeaseStore } from "#engine/ports/leases.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { SimLeases } from "#engine/sim/sim_leases.ts";
import type { ProcessLink } from "./process_link.ts";
import type { SimProcess } from "./sim_process.ts";

const LATENCY_MS = 1;

/** The cluster's leases as one process sees them. */
export class ProcessLeases implements LeaseStore {
  readonly #process: SimProcess;
  readonly #clock: Clock;
  readonly #leases: SimLeases;
  readonly #link: ProcessLink;

  constructor(process: SimProcess, clock: Clock, leases: SimLeases, link: ProcessLink) {
    this.#process = process;
    this.#clock = clock;
    this.#leases = leases;
    this.#link = link;
  }

  write(key: string, value: string, expected: number): Promise<number> {
    return this.#link.call(() => this.#leases.write(key, value, expected));
  }

  read(key: string): Promise<LeaseEntry | undefined> {
    return this.#link.call(() => this.#leases.read(key));
  }

  remove(key: string, expected: number): Promise<void> {
    return this.#link.call(() => this.#leases.remove(key, expected));
  }

  watch(onEntry: (entry: LeaseEntry) => void): () => void {
    const stop = this.#leases.watch((entry) => {
      this.#clock.schedule(LATENCY_MS, () => this.#process.enter(() => onEntry(entry)));
    });
    this.#process.onDeath(stop);
    return stop;
  }
}
