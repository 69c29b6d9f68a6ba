import { randomUUID } from "node:crypto";
import type { Random } from "../ports/random.ts";

/**
 * The machine's source of chance: fractions for jitter, UUIDs from the system's secure generator.
 */
export function systemRandom(): Random {
  return { fraction: () => Math.random(), uuid: () => randomUUID() };
}
