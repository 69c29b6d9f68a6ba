import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { test } from "node:test";
import { archiveCodecs, packRows, unpackRows } from "./journal_archive.ts";
import type { JournalRow } from "./ports/store.ts";

const row = (seq: number): JournalRow => ({
  seq,
  actor: "default:session/DE*ABC*E1~1",
  class: seq % 2 === 0 ? "S" : "T",
  at: 1_795_348_800_000.5 + seq,
  type: "MeterValues",
  revision: 3,
  header: `{"type":"ocpp.call","cause":"ü/${seq}"}`,
  body: null,
  inputs: "{}",
  reply: null,
  effects: "[]",
});

for (const codec of archiveCodecs) {
  test(`what was packed with ${codec} comes out as it went in`, () => {
    const rows = Array.from({ length: 500 }, (_, index) => row(index + 1));

    const packed = packRows(rows, codec);

    assert.deepEqual(unpackRows(packed), rows);
    assert.ok(packed.body.length < JSON.stringify(rows).length / 10);
  });
}

test("unpackRows() refuses what is no archive", () => {
  const body = gzipSync('{"rows":1}');

  assert.throws(() => unpackRows({ codec: "gzip", body }), /it holds no rows/);
  assert.throws(() => unpackRows({ codec: "zstd", body }));
});
