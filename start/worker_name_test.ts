import assert from "node:assert/strict";
import { test } from "node:test";
import { workerName } from "./platform.ts";

test("platforms that share a given database have workers of different names", () => {
  const databaseUrl = "postgres://db/statewatt";
  assert.notEqual(workerName({ databaseUrl }, "one"), workerName({ databaseUrl }, "other"));
  assert.equal(workerName({ databaseUrl, workerName: "w1" }, "one"), "w1");
});

test("a platform with a database of its own takes up what its former process held", () => {
  assert.equal(workerName({}, "one"), workerName({}, "other"));
});
