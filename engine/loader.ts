import { parseAddress } from "#schemas/address.ts";
import type { ActorKind } from "./actor.ts";
import type { Store, StoredActor } from "./ports/store.ts";
import { initialState, restoredState, withContext } from "./step.ts";
import { type ActorSlot, journalledEvent, NEVER_STORED, SAMPLES_PER_SNAPSHOT } from "./work.ts";

/** Actors that one query loads; a storm of connects asks for thousands in one turn. */
const LOAD_MAX = 500;

interface Waiting {
  readonly resolve: (slot: ActorSlot) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Brings actors from the store into memory; the loads of one turn of the event loop are one query.
 */
export class Loader {
  readonly #store: Pick<Store, "load">;
  readonly #kinds: ReadonlyMap<string, ActorKind>;
  readonly #now: () => number;
  #waiting = new Map<string, Waiting[]>();
  #isStarting = false;

  constructor(
    store: Pick<Store, "load">,
    kinds: ReadonlyMap<string, ActorKind>,
    now: () => number,
  ) {
    this.#store = store;
    this.#kinds = kinds;
    this.#now = now;
  }

  /** Recovery = snapshot, then the fold of the samples after it; a chart is never run again. */
  load(actor: string): Promise<ActorSlot> {
    return new Promise((resolve, reject) => {
      const others = this.#waiting.get(actor);
      if (others === undefined) this.#waiting.set(actor, [{ resolve, reject }]);
      else others.push({ resolve, reject });
      if (this.#isStarting) return;
      this.#isStarting = true;
      queueMicrotask(() => {
        this.#isStarting = false;
        const waiting = this.#waiting;
        this.#waiting = new Map();
        const actors = [...waiting.keys()];
        for (let start = 0; start < actors.length; start += LOAD_MAX) {
          void this.#loadSome(actors.slice(start, start + LOAD_MAX), waiting);
        }
      });
    });
  }

  async #loadSome(actors: string[], waiting: Map<string, Waiting[]>): Promise<void> {
    let stored: ReadonlyMap<string, StoredActor>;
    try {
      stored = await this.#store.load(actors);
    } catch (error) {
      for (const actor of actors) waiting.get(actor)?.forEach(({ reject }) => reject(error));
      return;
    }
    for (const actor of actors) {
      try {
        const slot = this.#slot(actor, stored.get(actor));
        waiting.get(actor)?.forEach(({ resolve }) => resolve(slot));
      } catch (error) {
        waiting.get(actor)?.forEach(({ reject }) => reject(error));
      }
    }
  }

  #slot(text: string, stored: StoredActor | undefined): ActorSlot {
    const address = parseAddress(text);
    const kind = this.#kinds.get(address.kind);
    if (kind === undefined) throw new TypeError(`Cannot load ${text}: no such kind of actor`);
    if (stored === undefined) {
      const { state, effects } = initialState(kind, address, this.#now());
      return { address, text, kind, state, lastAt: 0, samples: NEVER_STORED, owed: effects };
    }
    const { state, lastAt } = restoredState(kind, stored.version, stored.body);
    let slot: ActorSlot = {
      address,
      text,
      kind,
      state,
      lastAt,
      samples: Math.min(stored.tail.length, SAMPLES_PER_SNAPSHOT - 1),
      owed: [],
    };
    for (const row of stored.tail) {
      const folded = kind.fold?.(journalledEvent(this.#kinds, row), slot.state.context);
      if (folded === undefined) continue;
      slot = { ...slot, state: withContext(slot.state, folded.context), lastAt: row.at };
    }
    return slot;
  }
}
