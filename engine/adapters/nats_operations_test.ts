import assert from "node:assert/strict";
import { test } from "node:test";
import { type Renewed, withoutLongGone } from "./nats_operations.ts";

const MINUTE_MS = 60_000;
const renewed = (id: string, minutes: number): Renewed => ({
  member: { kind: "gateway", id, incarnation: id },
  renewedAt: minutes * MINUTE_MS,
});
const idsOf = (members: readonly Renewed[]): readonly string[] =>
  withoutLongGone(members).map(({ id }) => id);

test("a member that died ten minutes ago is a matter of the past", () => {
  const members = [renewed("long gone", 100), renewed("just gone", 101), renewed("lives", 111)];

  assert.deepEqual(idsOf(members), ["just gone", "lives"]);
});

test("of a platform that is down as a whole all members are shown", () => {
  assert.deepEqual(idsOf([renewed("one", 5), renewed("other", 6)]), ["one", "other"]);
  assert.deepEqual(idsOf([]), []);
});
