/** What every bus promises. Each adapter's test calls `busContract` once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import { PlatformError } from "#schemas/errors.ts";
import type { Bus } from "./bus.ts";

/** Two ends of one bus; they may be the same object. */
export interface BusPair {
  readonly asker: Bus;
  readonly listener: Bus;
  /** How many asks may be outstanding at `asker`. */
  readonly outstandingMax: number;
  /** Resolves when what was listened to so far can be reached. */
  settled(): Promise<void>;
  /** Lets time pass until the promise is settled. */
  during<T>(promise: Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Long enough to be reached only by a mistake. */
const LONG_MS = 30_000;
const SHORT_MS = 60;

type Case = (pair: BusPair) => Promise<void>;

export function busContract(name: string, makePair: () => Promise<BusPair>): void {
  const cases = { ...deliveryCases, ...failureCases, ...boundaryCases };
  for (const [title, run] of Object.entries(cases)) {
    test(`${name}: ${title}`, async () => {
      const pair = await makePair();
      try {
        await run(pair);
      } finally {
        await pair.close();
      }
    });
  }
}

const deliveryCases: Record<string, Case> = {
  "an ask gets the listener's answer, given at once or later": async (pair) => {
    pair.listener.listen("actor.1", (text) => `now ${text}`);
    pair.listener.listen("actor.2", (text) => Promise.resolve(`later ${text}`));
    await pair.settled();

    const answers = await pair.during(Promise.all([
      pair.asker.ask("actor.1", "a", LONG_MS),
      pair.asker.ask("actor.2", "b", LONG_MS),
    ]));

    assert.deepEqual(answers, ["now a", "later b"]);
  },

  "messages of one turn to one subject arrive in order, asks and tells mixed": async (pair) => {
    const seen: string[] = [];
    pair.listener.listen("actor.1", (text) => {
      seen.push(text);
      return text;
    });
    await pair.settled();
    const sent = Array.from({ length: 1_000 }, (_, index) => `${index}`);

    const asked = sent.map((text, index) => {
      if (index % 3 !== 1) return pair.asker.ask("actor.1", text, LONG_MS);
      pair.asker.tell("actor.1", text);
      return Promise.resolve(text);
    });
    const answers = await pair.during(Promise.all(asked));

    assert.deepEqual(seen, sent);
    assert.deepEqual(answers, sent);
  },

  "asks of many turns to many subjects arrive in order per subject": async (pair) => {
    const seen = new Map<string, number[]>();
    const note = (subject: string) => (text: string): string => {
      seen.set(subject, [...seen.get(subject) ?? [], Number(text)]);
      return `${subject}/${text}`;
    };
    const subjects = ["actor.1", "actor.2", "actor.3"];
    subjects.forEach((subject) => void pair.listener.listen(subject, note(subject)));
    await pair.settled();
    const asked: Promise<string>[] = [];
    const expected: string[] = [];

    for (let round = 0; round < 20; round++) {
      for (const subject of subjects) {
        asked.push(pair.asker.ask(subject, `${round}`, LONG_MS));
        expected.push(`${subject}/${round}`);
      }
      // deno-lint-ignore no-await-in-loop -- the rounds shall fall into several turns.
      if (round % 4 === 0) await Promise.resolve();
    }
    assert.deepEqual(await pair.during(Promise.all(asked)), expected);

    const inOrder = Array.from({ length: 20 }, (_, round) => round);
    subjects.forEach((subject) => assert.deepEqual(seen.get(subject), inOrder));
  },

  "a slow answer does not hold up the next": async (pair) => {
    let release = (_text: string): void => {};
    pair.listener.listen(
      "actor.1",
      (text) => text === "slow" ? new Promise<string>((resolve) => (release = resolve)) : text,
    );
    await pair.settled();

    const slow = pair.asker.ask("actor.1", "slow", LONG_MS);
    assert.equal(await pair.during(pair.asker.ask("actor.1", "fast", LONG_MS)), "fast");

    release("at last");
    assert.equal(await pair.during(slow), "at last");
  },

  "a listener learns how long the asker still waits, and nothing for a tell": async (pair) => {
    const remaining: (number | undefined)[] = [];
    pair.listener.listen("actor.1", (_text, remainingMs) => {
      remaining.push(remainingMs);
      return "";
    });
    await pair.settled();

    pair.asker.tell("actor.1", "");
    await pair.during(pair.asker.ask("actor.1", "", 5_000));

    const [ofTell, ofAsk] = remaining;
    assert.equal(ofTell, undefined);
    assert.ok(ofAsk !== undefined && ofAsk > 0 && ofAsk <= 5_000, `remaining ${ofAsk}`);
  },

  "texts pass unchanged: empty, many lines, every plane of Unicode": async (pair) => {
    pair.listener.listen("actor.1", (text) => text);
    await pair.settled();
    const texts = ["", "\n\n", "a\nb c:d!e 1:1", "Zürich Ñ 東京 🔌🚗", "\u{10FFFF}\uFFFD", " "];

    const answers = await pair.during(
      Promise.all(texts.map((text) => pair.asker.ask("actor.1", text, LONG_MS))),
    );

    assert.deepEqual(answers, texts);
  },

  "large texts pass, also many of one turn": async (pair) => {
    pair.listener.listen("actor.1", (text) => text);
    await pair.settled();
    const texts = [900_000, 200_000, 200_000, 200_000, 10].map((length, index) =>
      `${index}`.repeat(length)
    );

    const answers = await pair.during(
      Promise.all(texts.map((text) => pair.asker.ask("actor.1", text, LONG_MS))),
    );

    assert.deepEqual(answers.map((answer) => answer.length), texts.map((text) => text.length));
    assert.deepEqual(answers, texts);
  },

  "a subject that ends in > hears everything below it": async (pair) => {
    const seen: string[] = [];
    pair.listener.listen("fact.session.>", (text) => {
      seen.push(text);
      return "";
    });
    await pair.settled();

    pair.asker.tell("fact.charger.booted.a", "no");
    pair.asker.tell("fact.session.started.a", "yes");
    await pair.during(pair.asker.ask("fact.session.ended.a.b", "also", LONG_MS));

    assert.deepEqual(seen, ["yes", "also"]);
  },
};

const failureCases: Record<string, Case> = {
  "what a listener throws reaches the asker with kind, detail, fields and time": async (pair) => {
    const error = new PlatformError("overloaded", "Cannot start: the mailbox is full", {
      fields: [{ pointer: "/evseId", detail: "is required" }],
      retryAfterSeconds: 7,
    });
    pair.listener.listen("actor.1", () => {
      throw error;
    });
    pair.listener.listen("actor.2", () => Promise.reject(error));
    await pair.settled();

    const asks = ["actor.1", "actor.2"].map((subject) => pair.asker.ask(subject, "", LONG_MS));
    for (const thrown of await Promise.all(asks.map((ask) => failure(pair, ask)))) {
      assert.equal(thrown.kind, "overloaded");
      assert.equal(thrown.message, error.message);
      assert.deepEqual(thrown.fields, error.fields);
      assert.equal(thrown.retryAfterSeconds, 7);
    }
  },

  "a listener's bug reaches the asker without its message": async (pair) => {
    pair.listener.listen("actor.1", () => {
      throw new TypeError("password is hunter2");
    });
    await pair.settled();

    const thrown = await failure(pair, pair.asker.ask("actor.1", "", LONG_MS));

    assert.equal(thrown.kind, "bug");
    assert.doesNotMatch(thrown.message, /hunter2/);
  },

  "a withheld answer times out": async (pair) => {
    pair.listener.listen("actor.1", () => undefined);
    pair.listener.listen("actor.2", () => Promise.resolve(undefined));
    await pair.settled();

    const asks = ["actor.1", "actor.2"].map((subject) =>
      failure(pair, pair.asker.ask(subject, "", SHORT_MS))
    );

    for (const { kind } of await Promise.all(asks)) assert.equal(kind, "timed-out");
  },

  "an ask nobody listens to is unavailable at once": async (pair) => {
    const asks = Array.from({ length: 5 }, () => pair.asker.ask("actor.9", "", LONG_MS));
    for (const { kind } of await Promise.all(asks.map((ask) => failure(pair, ask)))) {
      assert.equal(kind, "unavailable");
    }
  },

  "a tell nobody listens to, or whose listener throws, is lost without a trace": async (pair) => {
    pair.listener.listen("actor.1", (text) => {
      if (text === "throw") throw new Error("no");
      return text;
    });
    await pair.settled();

    pair.asker.tell("actor.9", "");
    pair.asker.tell("actor.1", "throw");

    assert.equal(await pair.during(pair.asker.ask("actor.1", "on", LONG_MS)), "on");
  },

  "an answer after the deadline is dropped": async (pair) => {
    let answerLate = (_text: string): void => {};
    pair.listener.listen(
      "actor.1",
      (text) => text === "late" ? new Promise<string>((resolve) => (answerLate = resolve)) : text,
    );
    await pair.settled();

    const late = await failure(pair, pair.asker.ask("actor.1", "late", SHORT_MS));
    answerLate("too late");

    assert.equal(late.kind, "timed-out");
    assert.equal(await pair.during(pair.asker.ask("actor.1", "on", LONG_MS)), "on");
  },
};

const boundaryCases: Record<string, Case> = {
  "a listener that has ended hears nothing more; ending again changes nothing": async (pair) => {
    const end = pair.listener.listen("actor.1", () => "one");
    pair.listener.listen("actor.2", () => "two");
    await pair.settled();
    assert.equal(await pair.during(pair.asker.ask("actor.1", "", LONG_MS)), "one");

    end();
    end();
    await pair.settled();

    const thrown = await failure(pair, pair.asker.ask("actor.1", "", LONG_MS));
    assert.equal(thrown.kind, "unavailable");
    assert.equal(await pair.during(pair.asker.ask("actor.2", "", LONG_MS)), "two");
  },

  "one ask more than allowed is overloaded, and room comes back": async (pair) => {
    const waiting: ((text: string) => void)[] = [];
    pair.listener.listen(
      "actor.1",
      () => new Promise<string>((resolve) => void waiting.push(resolve)),
    );
    pair.listener.listen("actor.2", (text) => text);
    await pair.settled();
    const asks = Array.from(
      { length: pair.outstandingMax },
      () => pair.asker.ask("actor.1", "", LONG_MS),
    );

    const thrown = await failure(pair, pair.asker.ask("actor.2", "", LONG_MS));
    assert.equal(thrown.kind, "overloaded");
    assert.ok(thrown.retryAfterSeconds !== undefined);

    // An answered ask behind the others shows that all were delivered.
    const flushed = pair.settled();
    await pair.during(flushed);
    await pair.during(until(() => waiting.length === pair.outstandingMax));
    waiting.forEach((answer) => answer("done"));
    await pair.during(Promise.all(asks));
    assert.equal(await pair.during(pair.asker.ask("actor.2", "room", LONG_MS)), "room");
  },

  "a text over the limit is refused, and the others of its turn pass": async (pair) => {
    pair.listener.listen("actor.1", (text) => text === "grow" ? "x".repeat(1_100_000) : text);
    await pair.settled();

    const before = pair.asker.ask("actor.1", "before", LONG_MS);
    const over = failure(pair, pair.asker.ask("actor.1", "ü".repeat(600_000), LONG_MS));
    const grown = failure(pair, pair.asker.ask("actor.1", "grow", LONG_MS));
    const after = pair.asker.ask("actor.1", "after", LONG_MS);

    assert.deepEqual(await pair.during(Promise.all([before, after])), ["before", "after"]);
    assert.equal((await over).kind, "invalid-value");
    assert.equal((await grown).kind, "invalid-value");
  },

  "closing fails what is awaited and what is asked later": async (pair) => {
    pair.listener.listen("actor.1", () => undefined);
    await pair.settled();
    const awaited = failure(pair, pair.asker.ask("actor.1", "", LONG_MS));

    assert.equal(pair.asker.isConnected(), true);
    await pair.asker.close();

    assert.equal(pair.asker.isConnected(), false);
    assert.equal((await awaited).kind, "unavailable");
    const later = await failure(pair, pair.asker.ask("actor.1", "", LONG_MS));
    assert.equal(later.kind, "unavailable");
    pair.asker.tell("actor.1", "");
    await pair.asker.close();
  },
};

async function failure(pair: BusPair, ask: Promise<string>): Promise<PlatformError> {
  const outcome = ask.then(
    (text) => assert.fail(`expected an error, not the answer "${text}"`),
    (error: unknown) => error,
  );
  const error = await pair.during(outcome);
  assert.ok(error instanceof PlatformError, String(error));
  return error;
}

/** Turns of the event loop until the condition holds. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) {
    // deno-lint-ignore no-await-in-loop -- one turn after the other.
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}
