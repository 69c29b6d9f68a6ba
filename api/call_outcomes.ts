import type { Bus } from "#engine/ports/bus.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { Random } from "#engine/ports/random.ts";
import type { CommandDescription } from "#schemas/events/charger.ts";

/** How a wait for a command ends: with its last description, or with the time. */
export type Outcome = CommandDescription | "late";

export interface Wanted {
  readonly timeoutMs: number;
  /** How often to look, should a word of the actor get lost. */
  readonly lookMs: number;
  isOver(description: CommandDescription): boolean;
  look(): Promise<CommandDescription | undefined>;
}

/**
 * The inbox of one api process: actors send each change of a command to `replyTo`, and whoever
 * waits for it is woken.
 */
export class CallOutcomes {
  readonly replyTo: string;
  readonly #clock: Clock;
  readonly #watches = new Map<string, Set<Watch>>();
  readonly #stopListening: () => void;

  constructor(bus: Bus, clock: Clock, random: Random) {
    this.#clock = clock;
    this.replyTo = `api.${random.uuid()}`;
    this.#stopListening = bus.listen(this.replyTo, (text) => {
      const description: CommandDescription = JSON.parse(text);
      for (const watch of this.#watches.get(description.id) ?? []) watch.tell(description);
      return undefined;
    });
  }

  /** Begins to watch a command; before it is asked for, so that nothing is missed. End it. */
  watch(id: string): Watch {
    const watches = this.#watches.get(id) ?? new Set();
    this.#watches.set(id, watches);
    const watch = new Watch(this.#clock, () => {
      watches.delete(watch);
      if (watches.size === 0) this.#watches.delete(id);
    });
    watches.add(watch);
    return watch;
  }

  close(): void {
    this.#stopListening();
  }
}

export class Watch {
  /** Ends it, repeatably. */
  readonly end: () => void;
  readonly #clock: Clock;
  #last: CommandDescription | undefined;
  #wake = (): void => {};

  constructor(clock: Clock, end: () => void) {
    this.#clock = clock;
    this.end = end;
  }

  tell(description: CommandDescription): void {
    this.#last = description;
    this.#wake();
  }

  /** Resolves with the first description that `isOver`, else "late". */
  async until(wanted: Wanted): Promise<Outcome> {
    const deadline = this.#clock.monotonic() + wanted.timeoutMs;
    for (;;) {
      if (this.#last !== undefined && wanted.isOver(this.#last)) return this.#last;
      const remaining = deadline - this.#clock.monotonic();
      if (remaining <= 0) return "late";
      // deno-lint-ignore no-await-in-loop -- waits, looks, waits
      const wasTold = await this.#pause(Math.min(remaining, wanted.lookMs));
      if (wasTold) continue;
      // deno-lint-ignore no-await-in-loop -- see above
      const seen = await wanted.look();
      if (seen !== undefined && wanted.isOver(seen)) return seen;
    }
  }

  /** True when something was told before the time was over. */
  #pause(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.#clock.schedule(ms, () => resolve(false));
      this.#wake = () => {
        cancel();
        resolve(true);
      };
    });
  }
}
