import assert from "node:assert/strict";
import { test } from "node:test";
import { OptionError, parseOptions } from "./options.ts";

const specs = {
  chargers: { type: "number", help: "how many", default: 10, min: 1, max: 100 },
  scenario: { type: "text", help: "which", choices: ["heartbeat", "storm"] },
  reference: { type: "flag", help: "compare" },
} as const;

test("options follow a leading -- and fall back to their defaults", () => {
  const options = parseOptions(["--", "--scenario", "storm", "--reference"], specs);
  assert.equal(options.number("chargers"), 10);
  assert.equal(options.text("scenario"), "storm");
  assert.equal(options.flag("reference"), true);
  assert.equal(parseOptions(["--chargers=7"], specs).number("chargers"), 7);
});

test("a bad option is one sentence", () => {
  const bad = [
    ["--nobody"],
    ["stray"],
    ["--chargers"],
    ["--chargers", "many"],
    ["--chargers", "101"],
    ["--scenario", "picnic"],
    ["--reference=yes"],
  ];
  for (const argv of bad) {
    assert.throws(() => parseOptions(argv, specs), (thrown) => {
      assert.ok(thrown instanceof OptionError);
      assert.match(thrown.message, /^Cannot use [^\n]+[^.]$/);
      return true;
    });
  }
});
