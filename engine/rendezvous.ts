import { stableHash } from "#schemas/address.ts";

/**
 * Which of `ids` has the key, by highest random weight: when one comes or goes, only the keys that
 * it gains or leaves move. Undefined when there is none.
 */
export function chosen(key: string, ids: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestWeight = -1;
  for (const id of ids) {
    const weight = stableHash(`${id}\n${key}`);
    if (weight < bestWeight || weight === bestWeight && id > (best ?? "")) continue;
    best = id;
    bestWeight = weight;
  }
  return best;
}
