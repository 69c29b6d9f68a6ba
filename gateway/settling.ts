/**
 * Orders that overtake the answer which they build upon: an actor that grants an epoch may send an
 * order under it in the same breath, and the order may be read first. Whoever is asked about an
 * identity meanwhile waits for the answer. Bounded per identity.
 */
export class Settling {
  readonly #waitingMax: number;
  readonly #open = new Map<string, { count: number; readonly waiting: (() => void)[] }>();

  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
  }

  /** Runs `ask`, and afterwards what has waited for it, whatever became of it. */
  async during(identity: string, ask: () => Promise<void>): Promise<void> {
    const known = this.#open.get(identity) ?? { count: 0, waiting: [] };
    known.count++;
    this.#open.set(identity, known);
    try {
      await ask();
    } finally {
      if (--known.count === 0) {
        this.#open.delete(identity);
        for (const run of known.waiting) run();
      }
    }
  }

  /** Keeps `run` for the end of what is asked about the identity; false when nothing is. */
  keep(identity: string, run: () => void): boolean {
    const known = this.#open.get(identity);
    if (known === undefined || known.waiting.length >= this.#waitingMax) return false;
    known.waiting.push(run);
    return true;
  }
}
