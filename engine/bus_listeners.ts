import { type PlatformError, toPlatformError } from "#schemas/errors.ts";
import type { BusHandler } from "./ports/bus.ts";
import type { Telemetry } from "./telemetry.ts";

/** Who listens to which subject in this process. */
export class BusListeners {
  readonly #exact = new Map<string, BusHandler[]>();
  /** Subjects that end in `>`, without it. */
  readonly #wide = new Map<string, BusHandler[]>();

  add(subject: string, handler: BusHandler): () => void {
    const isWide = subject.endsWith(">");
    const map = isWide ? this.#wide : this.#exact;
    const key = isWide ? subject.slice(0, -1) : subject;
    map.set(key, [...map.get(key) ?? [], handler]);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      const left = [...map.get(key) ?? []];
      left.splice(left.indexOf(handler), 1);
      if (left.length > 0) map.set(key, left);
      else map.delete(key);
    };
  }

  of(subject: string): readonly BusHandler[] {
    const exact = this.#exact.get(subject) ?? [];
    if (this.#wide.size === 0) return exact;
    const found = [...exact];
    for (const [prefix, handlers] of this.#wide) {
      if (subject.startsWith(prefix) && subject.length > prefix.length) found.push(...handlers);
    }
    return found;
  }

  has(subject: string): boolean {
    return this.of(subject).length > 0;
  }

  clear(): void {
    this.#exact.clear();
    this.#wide.clear();
  }
}

export interface Outcome {
  answered(text: string): void;
  failed(error: PlatformError): void;
}

/**
 * Runs a listener; a withheld answer calls neither. What was thrown by mistake is logged as a bug.
 */
export function runListener(
  handler: BusHandler,
  message: { readonly text: string; readonly remainingMs: number | undefined },
  outcome: Outcome,
  telemetry: Telemetry,
): void {
  const fail = (thrown: unknown): void => {
    const error = toPlatformError(thrown);
    if (error.kind === "bug") telemetry.log("error", "a bus listener threw", { error: thrown });
    outcome.failed(error);
  };
  try {
    const given = handler(message.text, message.remainingMs);
    if (typeof given === "string") outcome.answered(given);
    else if (given !== undefined) {
      given.then((answer) => answer === undefined || outcome.answered(answer), fail);
    }
  } catch (thrown) {
    fail(thrown);
  }
}
