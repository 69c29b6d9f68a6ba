import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeAnswers, decodeMessages, encodeAnswers, encodeMessages } from "./bus_frames.ts";
import { SimRandom } from "./sim/sim_random.ts";
import { BATCH_MESSAGES_MAX, TurnBatches } from "./turn_batches.ts";

const alphabet = ["", "a", "\n", " ", ":", "!", "1", "ü", "東", "🔌", "\u0000", '"', "\\"];

function textOf(random: SimRandom): string {
  const draw = (): string => alphabet[random.integer(alphabet.length)] ?? "";
  return Array.from({ length: random.integer(30) }, draw).join("");
}

test("decode gives back what was encoded, whatever the texts hold", () => {
  const random = new SimRandom(11);
  for (let round = 0; round < 300; round++) {
    const firstId = random.integer(2 ** 40);
    const messages = Array.from({ length: 1 + random.integer(20) }, () => ({
      remainingMs: random.chance(0.3) ? undefined : random.integer(30_000),
      text: textOf(random),
    }));
    const answers = messages.map(({ text }) => ({
      id: random.integer(2 ** 40),
      isError: random.chance(0.5),
      text,
    }));

    assert.deepEqual(decodeMessages(encodeMessages(firstId, messages)), { firstId, messages });
    assert.deepEqual(decodeAnswers(encodeAnswers(answers)), answers);
  }
});

test("a frame of another version, cut off or too long is refused", () => {
  const frame = encodeMessages(7, [{ remainingMs: 5, text: "abc" }, { remainingMs: 5, text: "d" }]);

  for (const broken of ["", "x", "2" + frame.slice(1), frame.slice(0, -1), `${frame}x`]) {
    assert.throws(() => decodeMessages(broken), TypeError);
  }
  assert.throws(() => decodeAnswers("1\n5:3\nab"), TypeError);
});

test("what one turn sends leaves together, per key, in order, and never over the bounds", () => {
  const ends: (() => void)[] = [];
  const sent: { key: string; serial: number; items: readonly number[] }[] = [];
  const batches = new TurnBatches<number>({
    atTurnEnd: (run) => void ends.push(run),
    send: (key, { serial, items }) => void sent.push({ key, serial, items: [...items] }),
  });

  for (let item = 0; item < BATCH_MESSAGES_MAX + 2; item++) {
    batches.withRoom("a", 1).items.push(item);
  }
  batches.withRoom("b", 200_000).items.push(1);
  batches.withRoom("b", 100_000).items.push(2);
  assert.equal(ends.length, 1, "one flush for all of the turn");
  assert.deepEqual(sent.map(({ key, items }) => [key, items.length]), [["a", 256], ["b", 1]]);
  ends.forEach((run) => run());

  assert.deepEqual(sent.slice(2).map(({ key, items }) => [key, items]), [
    ["a", [256, 257]],
    ["b", [2]],
  ]);
  assert.equal(new Set(sent.map(({ serial }) => serial)).size, 4);
});
