import { type ArchiveCodec, unpackRows } from "#engine/journal_archive.ts";
import type { ListQuery } from "#schemas/rest/shape.ts";
import { Conditions } from "../conditions.ts";
import { cursorOf, textsOfCursor } from "../paging.ts";
import type { Rows } from "../ports/rows.ts";
import type { Page } from "../reply.ts";
import type { TimelineRow } from "./timeline_rows.ts";

interface Part {
  readonly firstSeq: number;
  readonly lastSeq: number;
}

interface Asked {
  readonly actor: string;
  readonly sessionId: string;
}

/**
 * A page of the journal of a session that was packed away, with what came after that; undefined
 * when there is no archive. The cursor is that of the journal's own list: a client that pages while
 * the session is archived sees nothing twice and misses nothing.
 */
export async function archivedPage(
  rows: Rows,
  asked: Asked,
  query: ListQuery,
): Promise<Page<TimelineRow> | undefined> {
  const parts = await rows.all<Part>(
    "SELECT first_seq, last_seq FROM session_archive WHERE session_id = $1 ORDER BY first_seq",
    [asked.sessionId],
  );
  const last = parts.at(-1);
  if (last === undefined) return undefined;
  const isRising = query.order === "asc";
  const shownTo = query.cursor === undefined ? null : Number(textsOfCursor(query.cursor, 2)[0]);
  const isNew = (seq: number): boolean =>
    shownTo === null || (isRising ? seq > shownTo : seq < shownTo);
  const found: TimelineRow[] = [];
  const sources = [
    ...parts.filter((part) => isNew(isRising ? part.lastSeq : part.firstSeq))
      .map((part) => () => partRows(rows, asked, part)),
    () => laterRows(rows, asked, last.lastSeq, query),
  ];
  for (const read of isRising ? sources : sources.toReversed()) {
    if (found.length > query.limit) break;
    // deno-lint-ignore no-await-in-loop -- only as many parts as the page needs.
    const inOrder = (await read()).filter(({ seq }) => isNew(seq));
    found.push(...(isRising ? inOrder : inOrder.toReversed()));
  }
  const items = found.slice(0, query.limit);
  const end = items.at(-1);
  const nextCursor = found.length > query.limit && end !== undefined
    ? cursorOf([String(end.seq), ""])
    : null;
  return { items, nextCursor };
}

async function partRows(
  rows: Rows,
  { actor, sessionId }: Asked,
  { firstSeq }: Part,
): Promise<readonly TimelineRow[]> {
  const found = await rows.all<{ codec: ArchiveCodec; body: Uint8Array }>(
    "SELECT codec, body FROM session_archive WHERE session_id = $1 AND first_seq = $2",
    [sessionId, firstSeq],
  );
  return found.flatMap((part) => unpackRows(part)).filter((row) => row.actor === actor)
    .map(({ seq, at, type, class: eventClass, body, reply }) => (
      { seq, at: new Date(at).toISOString(), type, class: eventClass, body, reply }
    ));
}

/** In rising order; those that the page may show. */
async function laterRows(
  rows: Rows,
  { actor }: Asked,
  lastSeq: number,
  query: ListQuery,
): Promise<readonly TimelineRow[]> {
  const isRising = query.order === "asc";
  const where = new Conditions().add("actor = ?", actor).add("seq > ?", lastSeq);
  if (query.cursor !== undefined) {
    const [shownTo = ""] = textsOfCursor(query.cursor, 2);
    where.add(`seq ${isRising ? ">" : "<"} ?::text::bigint`, shownTo);
  }
  const found = await rows.all<TimelineRow>(
    `SELECT seq, at, type, class, body, reply FROM journal WHERE ${where.text}
      ORDER BY seq ${isRising ? "ASC" : "DESC"} LIMIT ${where.value(query.limit + 1)}`,
    where.values,
  );
  return isRising ? found : found.toReversed();
}
