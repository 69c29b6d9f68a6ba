import assert from "node:assert/strict";
import { test } from "node:test";
import { forSeeds } from "#schemas/seeded_testing.ts";
import {
  emptySequence,
  gaps,
  hasReceived,
  isComplete,
  received,
  type Sequence,
  sequenceRangesMax,
} from "./sequence.ts";

function of(...numbers: readonly number[]): Sequence {
  return numbers.reduce(received, emptySequence);
}

test("rule U2: a transaction is complete from Started to Ended, whatever its first number", () => {
  assert.equal(isComplete(of(0, 1, 2), 0, 2), true);
  assert.equal(isComplete(of(4_711, 4_712, 4_713), 4_711, 4_713), true);
  assert.equal(isComplete(of(0, 2), 0, 2), false);
  assert.equal(isComplete(of(1, 2), null, 2), false);
  assert.equal(isComplete(of(0, 1), 0, null), false);
  assert.equal(isComplete(of(7), 7, 7), true);
});

test("rule U3: numbers are kept as ranges, in any order, and repeats are known", () => {
  const sequence = of(5, 3, 9, 4, 3);
  assert.deepEqual(sequence, [[3, 5], [9, 9]]);
  assert.deepEqual(gaps(sequence), [6, 7, 8]);
  assert.equal(hasReceived(sequence, 4), true);
  assert.equal(hasReceived(sequence, 6), false);
  assert.equal(received(sequence, 9), sequence);
});

test("rule U3: any order of any numbers gives the same ranges as the sorted set", () => {
  forSeeds(500, (random) => {
    const numbers = Array.from({ length: random.whole(1, 60) }, () => random.whole(0, 80));
    const sequence = of(...random.shuffled(numbers));
    assert.deepEqual(sequence, of(...[...new Set(numbers)].toSorted((one, other) => one - other)));
    for (let seqNo = 0; seqNo <= 80; seqNo++) {
      assert.equal(hasReceived(sequence, seqNo), numbers.includes(seqNo));
    }
    const span = Math.max(...numbers) - Math.min(...numbers) + 1;
    assert.equal(gaps(sequence).length, span - new Set(numbers).size);
  });
});

test("a sequence full of gaps stays bounded, and the newest gaps are the ones kept", () => {
  const everySecond = Array.from({ length: 500 }, (_, index) => index * 2);
  const sequence = of(...everySecond);
  assert.equal(sequence.length, sequenceRangesMax);
  assert.deepEqual(sequence.at(-1), [998, 998]);
  assert.equal(gaps(of(0, 1_000_000), 10).length, 10);
});
