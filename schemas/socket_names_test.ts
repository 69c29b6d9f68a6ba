import assert from "node:assert/strict";
import { test } from "node:test";
import { isNamedBefore, isNewer, socketName } from "./socket_names.ts";

test("isNewer() compares epochs number by number", () => {
  assert.ok(isNewer("1.10", "1.9"));
  assert.ok(isNewer("10.1", "9.99"));
  assert.ok(!isNewer("1.1", "1.1"));
  assert.ok(!isNewer("2.1", "3.0"));
  assert.ok(isNewer("1.1", ""));
  assert.ok(!isNewer("", "1.1"));
});

test("isNamedBefore() knows the sockets of a run by their numbers, and those of other runs", () => {
  assert.ok(isNamedBefore(socketName("a", 9), socketName("a", 10)));
  assert.ok(!isNamedBefore(socketName("a", 10), socketName("a", 10)));
  assert.ok(isNamedBefore(socketName("b", 99), socketName("a", 0)));
});
