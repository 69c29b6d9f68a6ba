/** Ended sessions, packed away with their journal; they replay from there. */
import type { Sql } from "postgres";
import { type ArchiveCodec, packRows, unpackRows } from "#engine/journal_archive.ts";
import type { JournalRow } from "#engine/ports/store.ts";
import { formatAddress, partitionOf } from "#schemas/address.ts";
import type { House } from "./house.ts";

/** Rows of a part: two megabytes or so before they are packed, a day of a talkative station. */
const PART_ROWS_MAX = 2_000;
/** A charger forwards to a session in the same commit, this many rows ahead at most (engine/work). */
const FORWARDS_MAX = 128;

/** Sessions that one query names; each is some five round trips. */
const DUE_MAX = 500;

export interface ArchivedSession {
  readonly tenant: string;
  readonly id: string;
}

/**
 * Packs away what the journal has of an ended session and its archive does not, with the steps of
 * its charger that stepped it. Repeatable, and may be ended at any moment: rows are only added, and
 * the journal is left as it is. Gives how many of the session's rows were packed.
 */
export async function archiveSession(sql: Sql, session: ArchivedSession): Promise<number> {
  const { tenant, id } = session;
  let packed = 0;
  for (;;) {
    // deno-lint-ignore no-await-in-loop -- a part stands on the one before.
    const rows = await unarchivedRows(sql, session);
    if (rows.length === 0) break;
    // deno-lint-ignore no-await-in-loop -- as above.
    const ofCharger = await chargerRows(sql, session, rows);
    // deno-lint-ignore no-await-in-loop -- as above.
    if (!await storePart(sql, session, rows, ofCharger)) break;
    packed += rows.length;
    if (rows.length < PART_ROWS_MAX) break;
  }
  await sql`UPDATE sessions SET archived_at = now() WHERE tenant = ${tenant} AND id = ${id}`;
  return packed;
}

/** Packs away all sessions that ended long enough ago, oldest first. */
export async function archiveDue({ sql, dayBefore, retention, telemetry }: House): Promise<void> {
  const archived = telemetry.counter("statewatt_sessions_archived_total", "Sessions packed away");
  const before = dayBefore(retention.archiveAfterDays);
  for (;;) {
    // deno-lint-ignore no-await-in-loop -- a page after the other.
    const due = await sql<ArchivedSession[]>`
      SELECT tenant, id FROM sessions
        WHERE status = 'closed' AND archived_at IS NULL AND ended_at < ${before}::text::timestamptz
        ORDER BY ended_at LIMIT ${DUE_MAX}`;
    for (const session of due) {
      // deno-lint-ignore no-await-in-loop -- one session after the other.
      await archiveSession(sql, session);
      archived.add();
    }
    if (due.length < DUE_MAX) return;
  }
}

/** The whole journal of a session, from its archive and what came after it, for `replay`. */
export async function sessionJournal(
  sql: Sql,
  session: ArchivedSession,
): Promise<readonly JournalRow[]> {
  const { tenant, id } = session;
  const actor = formatAddress({ tenant, kind: "session", key: id });
  const parts = await sql<{ codec: ArchiveCodec; body: Uint8Array; last: string }[]>`
    SELECT codec, body, last_seq AS last FROM session_archive
      WHERE tenant = ${tenant} AND session_id = ${id} ORDER BY first_seq`;
  const archived = parts.flatMap((part) => unpackRows(part)).filter((row) => row.actor === actor);
  const after = Number(parts.at(-1)?.last ?? 0);
  const rows = await sql<RawRow[]>`
    SELECT seq, actor, class, extract(epoch FROM at) * 1000 AS at, type, revision, header, body,
        inputs, reply, effects
      FROM journal WHERE actor = ${actor} AND seq > ${after} ORDER BY seq`;
  return [...archived, ...rows.map(toRow)];
}

type RawRow = Omit<JournalRow, "seq" | "at"> & { readonly seq: string; readonly at: string };

function toRow(row: RawRow): JournalRow {
  return { ...row, seq: Number(row.seq), at: Number(row.at) };
}

async function unarchivedRows(
  sql: Sql,
  { tenant, id }: ArchivedSession,
): Promise<readonly JournalRow[]> {
  const actor = formatAddress({ tenant, kind: "session", key: id });
  const rows = await sql<RawRow[]>`
    SELECT seq, actor, class, extract(epoch FROM at) * 1000 AS at, type, revision, header, body,
        inputs, reply, effects
      FROM journal
      WHERE actor = ${actor} AND seq > (SELECT coalesce(max(last_seq), 0) FROM session_archive
        WHERE tenant = ${tenant} AND session_id = ${id})
      ORDER BY seq LIMIT ${PART_ROWS_MAX}`;
  return rows.map(toRow);
}

/** A session and its charger share a shard, and so its sequence. */
async function chargerRows(
  sql: Sql,
  { tenant, id }: ArchivedSession,
  rows: readonly JournalRow[],
): Promise<readonly JournalRow[]> {
  const actor = formatAddress({ tenant, kind: "charger", key: partitionOf(id) });
  const to = JSON.stringify(formatAddress({ tenant, kind: "session", key: id }));
  const first = Number(rows[0]?.seq) - FORWARDS_MAX;
  const found = await sql<RawRow[]>`
    SELECT seq, actor, class, extract(epoch FROM at) * 1000 AS at, type, revision, header, body,
        inputs, reply, effects
      FROM journal
      WHERE actor = ${actor} AND seq >= ${first} AND seq <= ${Number(rows.at(-1)?.seq)}
        AND class = 'T' AND strpos(effects, ${to}) > 0
      ORDER BY seq LIMIT ${PART_ROWS_MAX}`;
  return found.map(toRow);
}

async function storePart(
  sql: Sql,
  { tenant, id }: ArchivedSession,
  rows: readonly JournalRow[],
  ofCharger: readonly JournalRow[],
): Promise<boolean> {
  const { codec, body } = packRows([...ofCharger, ...rows].toSorted((a, b) => a.seq - b.seq));
  const revision = Math.max(...rows.map((row) => row.revision));
  const stored = await sql`
    INSERT INTO session_archive (tenant, session_id, station_id, first_seq, last_seq, row_count,
        ended_at, revision, codec, body, archived_at)
      SELECT s.tenant, s.id, s.station_id, ${Number(rows[0]?.seq)}, ${Number(rows.at(-1)?.seq)},
          ${rows.length}, coalesce(s.ended_at, now()), ${revision}, ${codec}, ${body}, now()
        FROM sessions s WHERE s.tenant = ${tenant} AND s.id = ${id}
      ON CONFLICT DO NOTHING`;
  return stored.count === 1;
}
