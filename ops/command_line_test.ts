import assert from "node:assert/strict";
import { test } from "node:test";
import { readCommandLine, UsageError } from "./command_line.ts";
import { usage, verbs } from "./verbs.ts";

function refusal(...argv: readonly string[]): string {
  try {
    readCommandLine(argv);
  } catch (thrown) {
    if (thrown instanceof UsageError) return thrown.message;
    throw thrown;
  }
  return "taken";
}

test("without words it is the table; a leading -- is skipped", () => {
  const line = readCommandLine(["--", "--once", "--json"]);

  assert.deepEqual([line.verb, line.isOnce, line.isJson, line.intervalMs], [
    undefined,
    true,
    true,
    2_000,
  ]);
});

test("the longest name is the verb, its words and options are its arguments", () => {
  const list = readCommandLine(["dead", "--limit=5"]);
  const retry = readCommandLine(["dead", "retry", "17", "--yes", "--as", "ada"]);

  assert.deepEqual([list.verb?.operation, list.args], ["dead-list", { limit: "5" }]);
  assert.deepEqual([retry.verb?.operation, retry.args], ["dead-retry", { letter: "17" }]);
  assert.deepEqual([retry.isSure, retry.as], [true, "ada"]);
});

test("an actor may be said without its tenant", () => {
  assert.equal(readCommandLine(["inspect", "charger/CP1"]).args["actor"], "default:charger/CP1");
  const session = readCommandLine(["replay", "acme:session/CP1~3", "--until", "2026-11-22"]);
  assert.deepEqual(session.args, { actor: "acme:session/CP1~3", until: "2026-11-22" });
});

test("what cannot be carried out is one sentence", () => {
  assert.match(refusal("frobnicate"), /^There is no frobnicate/);
  assert.equal(refusal("inspect"), "Cannot inspect: say which actor.");
  assert.match(refusal("inspect", "CP1"), /^"CP1" is no actor/);
  assert.equal(refusal("evict", "charger/CP1", "now"), 'Cannot evict: "now" is one word too many.');
  assert.equal(
    refusal("evict", "charger/CP1", "--limit", "3"),
    "Cannot evict: it takes no --limit.",
  );
  assert.equal(refusal("dead", "--limit"), "Cannot use --limit: its value is missing.");
  assert.match(refusal("--forever"), /^Cannot use --forever/);
  assert.match(refusal("--interval", "soon"), /^--interval must be a number/);
});

test("help names every verb, and no two verbs share a name", () => {
  for (const { name } of verbs) assert.ok(usage.includes(`\n  ${name}`), name);
  assert.equal(new Set(verbs.map(({ name }) => name)).size, verbs.length);
  assert.equal(readCommandLine(["help"]).isHelp, true);
  assert.equal(readCommandLine(["drain", "--help"]).isHelp, true);
});
