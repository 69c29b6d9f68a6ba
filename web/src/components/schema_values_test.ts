import assert from "node:assert/strict";
import { test } from "node:test";
import { wordsOfField } from "./schema_values.ts";

test("names of fields read as words, with the field's own abbreviations", () => {
  assert.equal(wordsOfField("evseId"), "EVSE id");
  assert.equal(wordsOfField("chargingProfile"), "Charging profile");
  assert.equal(wordsOfField("startAt"), "Start at");
  assert.equal(wordsOfField("remoteUrl"), "Remote URL");
});
