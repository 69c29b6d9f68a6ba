import { LeaseConflict, type LeaseEntry, type LeaseStore } from "../ports/leases.ts";

/** The map that all ends of a simulated cluster share. */
export class SimLeaseMap {
  readonly entries = new Map<string, LeaseEntry>();
  readonly watchers = new Set<(entry: LeaseEntry) => void>();
  revision = 0;

  put(key: string, value: string | undefined): number {
    const entry = { key, value, revision: ++this.revision };
    this.entries.set(key, entry);
    for (const watcher of this.watchers) watcher(entry);
    return this.revision;
  }
}

/** One end of it, which can be cut off. */
export class SimLeases implements LeaseStore {
  readonly #map: SimLeaseMap;
  readonly #rewatch = new Set<() => void>();
  #isCut = false;
  /** The next write is done, but its outcome is lost. */
  losesNextOutcome = false;

  constructor(map: SimLeaseMap) {
    this.#map = map;
  }

  /** While cut, calls fail and changes are not seen. */
  set isCut(isCut: boolean) {
    this.#isCut = isCut;
    if (!isCut) { for (const again of this.#rewatch) again(); }
  }

  // deno-lint-ignore require-await -- throws become rejections.
  async write(key: string, value: string, expected: number): Promise<number> {
    this.#assertWritable(key, expected);
    const revision = this.#map.put(key, value);
    if (!this.losesNextOutcome) return revision;
    this.losesNextOutcome = false;
    throw new Error("Cannot write: the answer was lost");
  }

  // deno-lint-ignore require-await -- throws become rejections.
  async read(key: string): Promise<LeaseEntry | undefined> {
    this.#assertReachable();
    const entry = this.#map.entries.get(key);
    return entry?.value === undefined ? undefined : entry;
  }

  // deno-lint-ignore require-await -- throws become rejections.
  async remove(key: string, expected: number): Promise<void> {
    this.#assertWritable(key, expected);
    this.#map.put(key, undefined);
  }

  watch(onEntry: (entry: LeaseEntry) => void): () => void {
    const take = (entry: LeaseEntry): void => {
      if (!this.#isCut) onEntry(entry);
    };
    const again = (): void => [...this.#map.entries.values()].forEach(take);
    this.#map.watchers.add(take);
    this.#rewatch.add(again);
    again();
    return () => {
      this.#map.watchers.delete(take);
      this.#rewatch.delete(again);
    };
  }

  #assertReachable(): void {
    if (this.#isCut) throw new Error("Cannot reach the leases: cut off");
  }

  #assertWritable(key: string, expected: number): void {
    this.#assertReachable();
    const entry = this.#map.entries.get(key);
    const found = entry?.value === undefined ? 0 : entry.revision;
    if (found !== expected) throw new LeaseConflict(key, expected);
  }
}
