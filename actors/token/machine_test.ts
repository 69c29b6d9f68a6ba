import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal, Stage } from "#actors/stage_testing.ts";
import { GRANT_LIFETIME_MS } from "./machine.ts";

const address = "default:token/tag1";

function ask(
  stage: Stage,
  holder: string,
  { limit = 1, replaces = [] }: { limit?: number; replaces?: readonly string[] } = {},
): boolean {
  const body = { token: "tag1", holder, replaces, limit };
  return (stage.ask(address, { type: "grant.request", cause: "test" }, body) as {
    granted: boolean;
  }).granted;
}

function release(stage: Stage, holder: string): void {
  stage.ask(address, { type: "grant.release", cause: "test" }, { holder });
}

function holders(stage: Stage): readonly string[] {
  return Object.keys((stage.slot(address).state.context as { grants: object }).grants);
}

test("grants are given up to the limit, and again when one is given back", () => {
  const stage = new Stage();
  assert.deepEqual(["a~1", "b~1", "c~1"].map((holder) => ask(stage, holder, { limit: 2 })), [
    true,
    true,
    false,
  ]);
  release(stage, "a~1");
  assert.equal(ask(stage, "c~1", { limit: 2 }), true);
  assert.deepEqual(holders(stage), ["b~1", "c~1"]);
});

test("asking again gives the same answer and writes nothing", () => {
  const stage = new Stage();
  ask(stage, "a~1");
  const rows = stage.journal.length;
  assert.equal(ask(stage, "a~1"), true);
  assert.equal(ask(stage, "b~1"), false);
  assert.equal(stage.journal.length, rows);
});

test("a session that takes another's connector takes its grant", () => {
  const stage = new Stage();
  ask(stage, "a~1");
  assert.equal(ask(stage, "a~2", { replaces: ["a~1"] }), true);
  assert.deepEqual(holders(stage), ["a~2"]);
});

test("without a limit everybody gets one", () => {
  const stage = new Stage();
  assert.ok([1, 2, 3].every((n) => ask(stage, `a~${n}`, { limit: 0 })));
});

test("a grant that nobody gives back ends after three days", () => {
  const stage = new Stage();
  ask(stage, "a~1", { limit: 2 });
  stage.advance(1_000);
  ask(stage, "b~1", { limit: 2 });
  stage.advance(GRANT_LIFETIME_MS - 1_000);
  assert.deepEqual(holders(stage), ["b~1"]);
  stage.advance(1_000);
  assert.deepEqual(holders(stage), []);
  assert.deepEqual(stage.alarmsOf(address), []);
  assert.equal(stage.slot(address).state.value, "free");
});

test("giving back what is not held changes nothing", () => {
  const stage = new Stage();
  release(stage, "a~1");
  ask(stage, "a~1");
  release(stage, "b~1");
  assert.deepEqual(holders(stage), ["a~1"]);
  release(stage, "a~1");
  assert.deepEqual(stage.alarmsOf(address), []);
});

test("a token is asked nothing else", () => {
  const ask = (): unknown => new Stage().ask(address, { type: "grant.steal", cause: "test" });
  assert.equal(refusal(ask), "unknown-action");
});
