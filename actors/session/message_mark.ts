import type { Sample } from "#schemas/events/station.ts";
import type { MessageMark } from "./context.ts";

/** What a meter message says, in three numbers: a retry has no other mark in 1.6. */
export function markOf(samples: readonly Sample[]): MessageMark | null {
  const [first] = samples;
  if (first === undefined) return null;
  let sum = 0;
  for (const { value } of samples) sum += value;
  return { at: first.at, count: samples.length, sum };
}

export function isSame(one: MessageMark | null, other: MessageMark | null): boolean {
  return one !== null && other !== null && one.at === other.at && one.count === other.count &&
    one.sum === other.sum;
}
