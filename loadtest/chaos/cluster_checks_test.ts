import assert from "node:assert/strict";
import { test } from "node:test";
import type { FactKey } from "#engine/ports/facts.ts";
import { factFindings } from "./cluster_checks.ts";

const fact = (shard: number, seq: number, place = 0): FactKey => ({ shard, seq, place });
const journal = [fact(1, 1), fact(1, 2), fact(1, 2, 1), fact(2, 7)];

test("factFindings() takes any order of shards, each in the order of its journal", () => {
  const stream = [fact(2, 7), fact(1, 1), fact(1, 2), fact(1, 2, 1)];

  assert.deepEqual(factFindings(journal, stream), []);
});

test("factFindings() names what is missing", () => {
  assert.deepEqual(factFindings(journal, journal.slice(0, 3)), ["fact 2:7:0 is not in the stream"]);
});

test("factFindings() names what is doubled, also when it stands in order", () => {
  const stream = [fact(1, 1), fact(1, 2), fact(1, 2, 1), fact(2, 7), fact(2, 7)];

  assert.deepEqual(factFindings(journal, stream), [
    "fact 2:7:0 is twice in the stream",
    "fact 2:7:0 comes behind 2:7:0",
  ]);
});

test("factFindings() names what is out of order within a shard or a row", () => {
  const rows = [fact(1, 2), fact(1, 2, 1), fact(1, 1), fact(2, 7)];
  const places = [fact(1, 1), fact(1, 2, 1), fact(1, 2), fact(2, 7)];

  assert.deepEqual(factFindings(journal, rows), ["fact 1:1:0 comes behind 1:2:1"]);
  assert.deepEqual(factFindings(journal, places), ["fact 1:2:0 comes behind 1:2:1"]);
});

test("factFindings() names what the journal does not know", () => {
  assert.deepEqual(factFindings(journal, [...journal, fact(2, 8)]), [
    "fact 2:8:0 is in the stream and not in the journal",
  ]);
});
