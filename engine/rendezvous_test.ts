import assert from "node:assert/strict";
import { test } from "node:test";
import { chosen } from "./rendezvous.ts";

const keys = Array.from({ length: 256 }, (_, shard) => `shard ${shard}`);

test("chosen() gives each of four workers a fair part of 256 shards", () => {
  const ids = ["w-1", "w-2", "w-3", "w-4"];
  for (const id of ids) {
    const count = keys.filter((key) => chosen(key, ids) === id).length;
    assert.ok(count > 40 && count < 90, `${id} has ${count}`);
  }
});

test("chosen() moves only what the one that comes or goes has", () => {
  const before = keys.map((key) => chosen(key, ["a", "b", "c"]));
  const after = keys.map((key) => chosen(key, ["a", "c"]));
  keys.forEach((_, index) => {
    if (before[index] !== "b") assert.equal(after[index], before[index]);
  });
});

test("chosen() does not depend on the order, and has nothing to choose of nobody", () => {
  for (const key of keys) assert.equal(chosen(key, ["a", "b", "c"]), chosen(key, ["c", "a", "b"]));
  assert.equal(chosen("a", []), undefined);
});
