/**
 * Received sequence numbers of a 2.x transaction (rules U2, U3): any start value, any order,
 * repeats. Kept as ranges, so that a day-long transaction that lost nothing is two numbers.
 */

/** `[first, last]` pairs, ascending, with a gap of at least one number between two of them. */
export type Sequence = readonly (readonly [first: number, last: number])[];

export const emptySequence: Sequence = [];

/**
 * Ranges kept at most: 64 gaps in one transaction are no network trouble any more. Beyond that the
 * oldest gap counts as received, so that what is kept stays small.
 */
export const sequenceRangesMax = 64;

export function hasReceived(sequence: Sequence, seqNo: number): boolean {
  return sequence.some(([first, last]) => first <= seqNo && seqNo <= last);
}

/** The sequence with `seqNo`; the same object when it was there already. */
export function received(sequence: Sequence, seqNo: number): Sequence {
  if (hasReceived(sequence, seqNo)) return sequence;
  const before = sequence.filter(([, last]) => last < seqNo - 1);
  const after = sequence.filter(([first]) => first > seqNo + 1);
  const touching = sequence.slice(before.length, sequence.length - after.length);
  const first = Math.min(seqNo, touching[0]?.[0] ?? seqNo);
  const last = Math.max(seqNo, touching.at(-1)?.[1] ?? seqNo);
  return bounded([...before, [first, last], ...after]);
}

function bounded(sequence: Sequence): Sequence {
  if (sequence.length <= sequenceRangesMax) return sequence;
  const [oldest, second, ...rest] = sequence;
  if (oldest === undefined || second === undefined) return sequence;
  return [[oldest[0], second[1]], ...rest];
}

/** The first missing numbers between the lowest and the highest received, at most `limit`. */
export function gaps(sequence: Sequence, limit = 100): readonly number[] {
  const missing: number[] = [];
  for (let index = 1; index < sequence.length && missing.length < limit; index++) {
    const from = (sequence[index - 1]?.[1] ?? 0) + 1;
    const until = sequence[index]?.[0] ?? from;
    for (let seqNo = from; seqNo < until && missing.length < limit; seqNo++) missing.push(seqNo);
  }
  return missing;
}

/** Rule U2: Started with `startedSeqNo`, Ended with `endedSeqNo`, and every number between. */
export function isComplete(
  sequence: Sequence,
  startedSeqNo: number | null,
  endedSeqNo: number | null,
): boolean {
  if (startedSeqNo === null || endedSeqNo === null) return false;
  return sequence.some(([first, last]) => first <= startedSeqNo && endedSeqNo <= last);
}
