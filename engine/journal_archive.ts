/** Rows of the journal, packed away: what `replay` takes comes out as it went in. */
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { JournalRow } from "./ports/store.ts";

export const archiveCodecs = ["zstd", "gzip"] as const;
export type ArchiveCodec = typeof archiveCodecs[number];

export interface PackedRows {
  readonly codec: ArchiveCodec;
  readonly body: Uint8Array;
}

/** A part holds some thousand rows of about a kilobyte; a body that unpacks to more is no archive. */
const UNPACKED_BYTES_MAX = 256 * 1_024 * 1_024;

/** zstd is smaller by a tenth and faster than gzip here; gzip is what every tool can read. */
export function packRows(
  rows: readonly JournalRow[],
  codec: ArchiveCodec = "zstd",
): PackedRows {
  const text = new TextEncoder().encode(JSON.stringify(rows.map(fieldsOf)));
  return { codec, body: codec === "zstd" ? zstdCompressSync(text) : gzipSync(text) };
}

/** @throws {Error} when it is no archive of ours. */
export function unpackRows({ codec, body }: PackedRows): readonly JournalRow[] {
  const limit = { maxOutputLength: UNPACKED_BYTES_MAX };
  const bytes = codec === "zstd" ? zstdDecompressSync(body, limit) : gunzipSync(body, limit);
  const rows: unknown = JSON.parse(new TextDecoder().decode(bytes));
  if (!Array.isArray(rows)) throw new TypeError("Cannot unpack the archive: it holds no rows");
  return rows;
}

/** These members in this order, whatever else a query has read. */
function fieldsOf(row: JournalRow): JournalRow {
  const { seq, actor, class: eventClass, at, type, revision } = row;
  const { header, body, inputs, reply, effects } = row;
  return {
    ...{ seq, actor, class: eventClass, at, type, revision },
    ...{ header, body, inputs, reply, effects },
  };
}
