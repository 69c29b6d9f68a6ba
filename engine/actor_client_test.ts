import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import { actorsOverBus } from "./actor_client.ts";
import type { Bus } from "./ports/bus.ts";
import { SimClock } from "./sim/sim_clock.ts";

const to = parseAddress("default:counter/a");
const header = { type: "add", cause: "test" };

type Try = (timeoutMs: number) => Promise<string>;

interface Asked {
  readonly outcome: string;
  /** When each try began, ms after the first. */
  readonly tries: readonly number[];
}

/** Asks on a bus that answers each try as told; the last one stays. */
async function ask(tries: (clock: SimClock) => readonly Try[], timeoutMs = 20_000): Promise<Asked> {
  const clock = new SimClock();
  const answers = tries(clock);
  const startedAt = clock.monotonic();
  const at: number[] = [];
  const bus: Bus = {
    ask: (_subject, _text, hopMs) => {
      const answer = answers[Math.min(at.length, answers.length - 1)] as Try;
      at.push(Math.round(clock.monotonic() - startedAt));
      return answer(hopMs);
    },
    tell: () => {},
    listen: () => () => {},
    isConnected: () => true,
    close: () => Promise.resolve(),
  };
  let outcome = "";
  actorsOverBus(bus, 8, clock).ask(to, header, "{}", timeoutMs).then(
    ({ text }) => outcome = text,
    (error) => outcome = error.kind,
  );
  for (let waited = 0; waited < 3_000 && outcome === ""; waited++) {
    clock.advance(10);
    // deno-lint-ignore no-await-in-loop -- lets promises settle between the steps.
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }
  return { outcome, tries: at };
}

const answered: Try = () => Promise.resolve("J1");
const unavailable: Try = () => Promise.reject(new PlatformError("unavailable", "nobody"));
const silent = (clock: SimClock): Try => (timeoutMs) =>
  new Promise((_, reject) =>
    void clock.schedule(timeoutMs, () => reject(new PlatformError("timed-out", "nothing came")))
  );

test("an ask between two owners of its shard is answered by the next one", async () => {
  const { outcome, tries } = await ask(() => [unavailable, unavailable, answered]);

  assert.equal(outcome, "1");
  assert.equal(tries.length, 3);
  assert.ok((tries[2] ?? 0) <= 100, String(tries));
});

test("an ask whose worker died is sent again, each time later", async () => {
  const { outcome, tries } = await ask((clock) => [silent(clock), silent(clock), answered]);

  assert.equal(outcome, "1");
  assert.deepEqual(tries, [0, 1_500, 3_000]);
});

test("an ask ends at its deadline, and earlier when nobody listens for long", async () => {
  const late = await ask((clock) => [silent(clock)], 5_000);
  assert.equal(late.outcome, "timed-out");
  assert.deepEqual(late.tries, [0, 1_500, 3_000, 4_500]);

  const nobody = await ask(() => [unavailable]);
  assert.equal(nobody.outcome, "unavailable");
  const lastAt = nobody.tries.at(-1) ?? 0;
  assert.ok(lastAt > 7_000 && lastAt <= 8_000, String(lastAt));
});

test("a refusal of the actor is final", async () => {
  const refused: Try = () => Promise.reject(new PlatformError("conflict", "no"));
  const { outcome, tries } = await ask(() => [refused]);

  assert.equal(outcome, "conflict");
  assert.deepEqual(tries, [0]);
});
