import assert from "node:assert/strict";
import { test } from "node:test";
import { formatInstant, parseInstant } from "./instant.ts";

const noon = 1_795_348_800_000;

test("rule Time: offsets, missing fractions, no zone and surplus decimals are understood", () => {
  const spellings: Readonly<Record<string, number>> = {
    "2026-11-22T12:00:00Z": noon,
    "2026-11-22T12:00:00.000Z": noon,
    "2026-11-22T12:00:00z": noon,
    "2026-11-22t12:00:00Z": noon,
    "2026-11-22 12:00:00": noon,
    "2026-11-22T12:00:00": noon,
    "2026-11-22T12:00Z": noon,
    "2026-11-22T13:00:00+01:00": noon,
    "2026-11-22T13:00:00+0100": noon,
    "2026-11-22T13:00:00+01": noon,
    "2026-11-22T06:30:00-05:30": noon,
    "2026-11-22T12:00:00.1Z": noon + 100,
    "2026-11-22T12:00:00.12": noon + 120,
    "2026-11-22T12:00:00,123Z": noon + 123,
    "2026-11-22T12:00:00.123999999Z": noon + 123,
    " 2026-11-22T12:00:00Z ": noon,
    "2026-11-22T11:59:60Z": noon - 1,
    "1970-01-01T00:00:00Z": 0,
    "2024-02-29T00:00:00Z": 1_709_164_800_000,
  };
  for (const [text, instant] of Object.entries(spellings)) {
    assert.equal(parseInstant(text), instant, text);
  }
});

test("parseInstant() gives null for what is no instant", () => {
  const others = [
    "",
    "now",
    "2026-11-22",
    "12:00:00",
    "2026-13-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2025-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2026-11-22T24:00:00Z",
    "2026-11-22T12:60:00Z",
    "2026-11-22T12:00:61Z",
    "2026-11-22T12:00:00ZZ",
    "2026-11-00T12:00:00Z",
    null,
    undefined,
    noon,
  ];
  for (const text of others) assert.equal(parseInstant(text), null, String(text));
});

test("formatInstant() and parseInstant() are inverse, years below 100 included", () => {
  for (const instant of [noon, noon + 1, 0, -62_135_596_800_000, 253_402_300_799_999]) {
    assert.equal(parseInstant(formatInstant(instant)), instant);
  }
});
