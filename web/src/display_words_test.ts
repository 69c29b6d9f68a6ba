import assert from "node:assert/strict";
import { test } from "node:test";
import type { DisplayMessage } from "#schemas/rest/display_message.ts";
import { adviceOf, lookOfMessage, shownIn, statesOf, wordOfState } from "./display_words.ts";

const now = Date.UTC(2026, 10, 22);

function message(id: number, more: Partial<DisplayMessage> = {}): DisplayMessage {
  return {
    id,
    message: { content: `m${id}`, format: "UTF8" },
    priority: "NormalCycle",
    ...{ state: null, startAt: null, endAt: null, transactionId: null, sessionId: null },
    ...{ evseId: null, status: "accepted", answer: "Accepted", reason: null },
    ...{ at: "2026-11-22T00:00:00.000Z", commandId: null, shown: true, confirmed: false },
    ...{ confirmedAt: null, attempt: null },
    ...more,
  };
}

const ids = (messages: readonly DisplayMessage[]): readonly number[] =>
  messages.map(({ id }) => id);

test("the display shows what fits its state and time, in front first, alone alone", () => {
  const all = [
    message(1),
    message(2, { state: "Charging" }),
    message(3, { priority: "InFront" }),
    message(4, { startAt: "2026-11-22T00:00:01Z" }),
    message(5, { endAt: "2026-11-22T00:00:00Z" }),
    message(6, { shown: false }),
  ];
  assert.deepEqual(ids(shownIn(all, "Idle", now)), [3, 1]);
  assert.deepEqual(ids(shownIn(all, "Charging", now)), [3, 1, 2]);
  const alone = [
    ...all,
    message(7, { priority: "AlwaysFront" }),
    message(8, {
      priority: "AlwaysFront",
      state: "Faulted",
    }),
  ];
  assert.deepEqual(ids(shownIn(alone, "Idle", now)), [7]);
  assert.deepEqual(ids(shownIn(alone, "Faulted", now)), [8]);
  assert.deepEqual(shownIn([], "Idle", now), []);
});

test("a refusal says what to do next, and so does silence", () => {
  assert.match(
    adviceOf(message(1, { status: "rejected", answer: "NotSupportedState" })) ?? "",
    /Always/,
  );
  const reasoned = message(1, { status: "rejected", answer: "Rejected", reason: "Full" });
  assert.match(adviceOf(reasoned) ?? "", /The station says: Full/);
  assert.match(adviceOf(message(1, { status: "rejected", answer: "Odd" })) ?? "", /answered Odd/);
  assert.match(adviceOf(message(1, { status: "unanswered" })) ?? "", /ask it/);
  assert.match(
    adviceOf(message(1, { status: "failed", answer: "NotImplemented" })) ?? "",
    /display/,
  );
  assert.equal(adviceOf(message(1)), undefined);
});

test("words of states and looks", () => {
  assert.equal(wordOfState(null), "Always");
  assert.equal(wordOfState("Idle"), "While free");
  assert.equal(wordOfState("Odd"), "Odd");
  assert.deepEqual([statesOf("ocpp2.0.1").length, statesOf("ocpp2.1").length], [4, 6]);
  assert.equal(lookOfMessage(message(1, { confirmed: true })).word, "Shown, confirmed");
  assert.equal(lookOfMessage(message(1)).word, "Accepted");
});
