import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeliveredFact } from "#engine/ports/durable_facts.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { Rows, SqlValue, Tenants } from "../ports/rows.ts";
import { FactIntake } from "./fact_intake.ts";

interface Intake {
  readonly intake: FactIntake;
  /** Sequences of the facts of each statement. */
  readonly statements: number[][];
  news: number;
}

/** An intake over a store that does with each statement as `answer` says. */
function intakeWith(answer: (sequences: readonly number[]) => void): Intake {
  const clock = new SimClock();
  const statements: number[][] = [];
  const all = (_text: string, parameters: readonly SqlValue[] = []): Promise<readonly never[]> => {
    const records: readonly { sequence: number }[] = JSON.parse(String(parameters[1]));
    const sequences = records.map(({ sequence }) => sequence);
    statements.push(sequences);
    answer(sequences);
    return Promise.resolve([]);
  };
  const tenants: Tenants = {
    run: async (_tenant, work) => {
      await Promise.resolve();
      const rows: Rows = { all };
      return await work(rows);
    },
    close: () => Promise.resolve(),
  };
  const made = { statements, news: 0 };
  const onNews = (): void => void made.news++;
  const intake = new FactIntake({ tenants, clock, telemetry: silentTelemetry(clock), onNews });
  return Object.assign(made, { intake });
}

const fact = (sequence: number, tenant = "default"): DeliveredFact => ({
  ...{ kind: "session", name: "started", id: "CP1", tenant, at: 0, data: {}, sequence },
  ...{ subject: "fact.session.started.CP1", key: `1:${sequence}:0`, era: 1, attempt: 1 },
});

test("a fact is done with only when it is stored; a store that is away gets it again", async () => {
  let isAway = true;
  const { intake } = intakeWith(() => {
    if (isAway) throw new PlatformError("unavailable", "Cannot answer: away");
  });

  assert.deepEqual(await intake.take(fact(1)), { retryAfterMs: 1_000 });
  isAway = false;
  assert.deepEqual(await intake.take(fact(1)), { done: true });
});

test("facts that come while a statement runs share the next one, apart per tenant", async () => {
  const { intake, statements } = intakeWith(() => {});

  const taken = [fact(1), fact(2), fact(3, "other")].map((each) => intake.take(each));
  await taken[0];
  await Promise.all([...taken, intake.take(fact(4)), intake.take(fact(5))]);

  assert.deepEqual(statements, [[1, 2], [3], [4, 5]]);
});

test("one fact that the database refuses is given up, the others of its batch are stored", async () => {
  const { intake, statements } = intakeWith((sequences) => {
    if (!sequences.includes(3)) return;
    throw new PlatformError("malformed", "Cannot use a value", { cause: new Error("22P05") });
  });

  const outcomes = await Promise.all(
    [1, 2, 3, 4, 5].map((sequence) => intake.take(fact(sequence))),
  );

  assert.deepEqual(outcomes.map((outcome) => "done" in outcome), [true, true, false, true, true]);
  assert.deepEqual(outcomes[2], { gaveUp: "the database refuses it: Error: 22P05" });
  assert.deepEqual(statements.filter((sequences) => !sequences.includes(3)).flat(), [1, 2, 4, 5]);
});
