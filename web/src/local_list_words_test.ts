import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import type { LocalList } from "#schemas/rest/local_list.ts";
import {
  lookOfList,
  uidsIn,
  wordsOfFollowing,
  wordsOfList,
  wordsOfVersion,
} from "./local_list_words.ts";

const list: LocalList = {
  stationId: "CP1",
  intendedVersion: 3,
  confirmedVersion: 2,
  reportedVersion: 0,
  reportedAt: null,
  state: "pending",
  detail: null,
  entries: [],
  followTokens: false,
  changedAt: null,
  confirmedAt: null,
  cacheClearedAt: null,
};

test("each state has a look of its own, and says what to do where something is to be done", () => {
  const states = ["none", "pending", "confirmed", "failed", "notSupported", "differs"] as const;
  equal(new Set(states.map((state) => lookOfList({ state }).word)).size, states.length);
  match(wordsOfList(list, true), /not confirmed/);
  match(wordsOfList(list, false), /as soon as it is back/);
  const failed = { ...list, state: "failed", detail: "VersionMismatch" } as const;
  match(wordsOfList(failed, true), /\(VersionMismatch\).*send the whole list/);
  match(wordsOfList({ ...list, state: "differs" }, true), /version 0.*send the whole list/);
  for (const state of states) ok(wordsOfList({ ...list, state }, true).endsWith("."));
});

test("versions and what a list follows", () => {
  equal(wordsOfVersion(0, undefined), "nothing yet");
  equal(wordsOfVersion(4, 1), "version 4 · 1 token");
  equal(wordsOfVersion(4, undefined), "version 4");
  equal(wordsOfFollowing(false), "Kept by hand");
  equal(wordsOfFollowing(true), "Follows all tokens");
  equal(wordsOfFollowing({ groupId: "Fleet" }), "Follows the group Fleet");
});

test("uids are read as people paste them, each once", () => {
  deepEqual(uidsIn(" A1, b2;\n\nC3\n a1 "), ["a1", "b2", "C3"]);
  deepEqual(uidsIn(" \n,"), []);
});
