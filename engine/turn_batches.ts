/** How many messages of a turn travel together at most: beyond some dozens nothing is gained. */
export const BATCH_MESSAGES_MAX = 256;
/** UTF-16 units: three bytes each at worst, which stays below the 1 MiB of a NATS message. */
const BATCH_UNITS_MAX = 256 * 1_024;

/** What one turn of the event loop sends under one key, in order. */
export interface TurnBatch<Item> {
  /** Counts the batches of this sender. */
  readonly serial: number;
  readonly items: Item[];
}

interface OpenBatch<Item> extends TurnBatch<Item> {
  units: number;
}

export interface TurnBatchesOptions<Item> {
  /** Runs the function when the current turn of the event loop has ended. */
  readonly atTurnEnd: (run: () => void) => void;
  readonly send: (key: string, batch: TurnBatch<Item>) => void;
}

/** Gathers what is sent within one turn of the event loop: one message for many. */
export class TurnBatches<Item> {
  readonly #options: TurnBatchesOptions<Item>;
  #open = new Map<string, OpenBatch<Item>>();
  #serial = 0;

  constructor(options: TurnBatchesOptions<Item>) {
    this.#options = options;
  }

  /**
   * The batch that the next item of `key` with a text of `units` belongs to; a full one leaves
   * first.
   */
  withRoom(key: string, units: number): TurnBatch<Item> {
    const open = this.#open.get(key);
    if (open !== undefined) {
      const isRoom = open.items.length < BATCH_MESSAGES_MAX &&
        open.units + units <= BATCH_UNITS_MAX;
      if (isRoom) {
        open.units += units;
        return open;
      }
      this.#options.send(key, open);
    }
    const fresh = { serial: this.#serial++, items: [], units };
    if (this.#open.size === 0) this.#options.atTurnEnd(() => this.flush());
    this.#open.set(key, fresh);
    return fresh;
  }

  flush(): void {
    const open = this.#open;
    this.#open = new Map();
    for (const [key, batch] of open) this.#options.send(key, batch);
  }
}
