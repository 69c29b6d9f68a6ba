import type { SqlValue } from "./ports/rows.ts";

/** The WHERE of a query whose parts depend on what was asked. */
export class Conditions {
  readonly #parts: string[] = [];
  readonly #values: SqlValue[] = [];

  /** Adds a condition; each `?` stands for the next of `values`. */
  add(text: string, ...values: readonly SqlValue[]): this {
    let next = 0;
    this.#parts.push(text.replaceAll("?", () => this.value(values[next++] ?? null)));
    return this;
  }

  /** Adds the condition when the value was given. */
  addIf(value: SqlValue | undefined, text: string): this {
    return value === undefined ? this : this.add(text, value);
  }

  /** A parameter outside of conditions: gives its `$n`. */
  value(value: SqlValue): string {
    this.#values.push(value);
    return `$${this.#values.length}`;
  }

  get text(): string {
    return this.#parts.length === 0 ? "true" : this.#parts.map((part) => `(${part})`).join(" AND ");
  }

  get values(): readonly SqlValue[] {
    return this.#values;
  }
}

/** A search text as an ILIKE pattern for "contains": `%`, `_` and `\` mean themselves. */
export function containing(search: string): string {
  return `%${search.replace(/[\\%_]/g, "\\$&")}%`;
}
