import assert from "node:assert/strict";
import { test } from "node:test";
import { newCharger } from "./context.ts";
import { fits } from "./snapshot.ts";

test("fits() says the same of a station that beats, whose beats no replay sees", () => {
  const charger = newCharger("default", "CP1", "CP1");
  const answers = new Set<boolean>();

  for (let length = 6_000; length < 7_500; length++) {
    const context = { ...charger, settings: { ...charger.settings, tags: ["x".repeat(length)] } };
    const silent = fits(context, []);
    assert.equal(fits({ ...context, heardAt: 1_767_225_600_000 }, []), silent, `${length}`);
    answers.add(silent);
  }

  assert.equal(answers.size, 2);
});
