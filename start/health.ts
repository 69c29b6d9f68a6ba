/** Whether a process can do its work now, part by part. */

/** Names of what is missing. */
export type Check = () => readonly string[] | Promise<readonly string[]>;

export class Health {
  readonly #checks: Check[] = [];
  #isStarting = true;
  #isDrained = false;

  /** From now on this counts, too. */
  add(check: Check): void {
    this.#checks.push(check);
  }

  noteStarted(): void {
    this.#isStarting = false;
  }

  /** For good: it hands its work over and takes none. */
  noteDrained(): void {
    this.#isDrained = true;
  }

  get isDrained(): boolean {
    return this.#isDrained;
  }

  /** Empty: ready. Never rejects. */
  async missing(): Promise<readonly string[]> {
    // What it would need for work that it has given away is no news.
    if (this.#isDrained) return ["drained"];
    const found = await Promise.all(this.#checks.map((check) => named(check)));
    return [...new Set([...(this.#isStarting ? ["start"] : []), ...found.flat()])];
  }
}

async function named(check: Check): Promise<readonly string[]> {
  try {
    return await check();
  } catch {
    return ["check"];
  }
}
