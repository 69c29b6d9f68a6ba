/**
 * The OCPP log of a station: frames of the journal (its own and its sessions' rows) and of the
 * frame log, as one list by time. Both sides are read a piece at a time behind one cursor.
 */
import { formatAddress } from "#schemas/address.ts";
import type { MessageQuery, OcppMessage } from "#schemas/rest/observe.ts";
import { chargerAddress, sessionAddress } from "../ask.ts";
import { Conditions } from "../conditions.ts";
import { cursorOf, textsOfCursor } from "../paging.ts";
import type { Rows } from "../ports/rows.ts";
import type { Page } from "../reply.ts";
import { shownInstant } from "../shown_instant.ts";
import { framesOf, type JournalledRow, value } from "./message_frames.ts";

/** A frame, and where its source stands when it has been shown. */
interface Placed {
  readonly at: string;
  readonly message: OcppMessage;
  readonly seq: number;
  readonly part: number;
}

interface FrameRow {
  readonly id: number;
  readonly at: string;
  readonly direction: OcppMessage["direction"];
  readonly messageType: OcppMessage["messageType"];
  readonly action: string | null;
  readonly messageId: string | null;
  readonly payload: string | null;
}

const PIECE_ROWS = 200;
/** A filter that finds little ends the page after so many rows; the cursor goes on from there. */
const SCANNED_MAX = 4_000;

type Source = AsyncGenerator<Placed, void, void>;

export async function listMessages(
  rows: Rows,
  about: { readonly tenant: string; readonly stationId: string },
  query: MessageQuery,
): Promise<Page<OcppMessage>> {
  const [seq, part, frame] = query.cursor === undefined
    ? ["", "0", ""]
    : textsOfCursor(query.cursor, 3);
  const actors = await actorsOf(rows, about);
  const journal = new Head(journalled(rows, { actors, query }, seq ?? "", Number(part)));
  const logged = new Head(loggedFrames(rows, about.stationId, query, frame ?? ""));
  const position = { seq: seq ?? "", part: Number(part), frame: frame ?? "" };
  const items: OcppMessage[] = [];
  for (let scanned = 0; items.length < query.limit && scanned < SCANNED_MAX; scanned++) {
    // deno-lint-ignore no-await-in-loop -- the later of two heads, one after the other
    const fromJournal = await journal.peek();
    // deno-lint-ignore no-await-in-loop -- see above
    const fromLog = await logged.peek();
    if (fromJournal === undefined && fromLog === undefined) {
      // deno-lint-ignore no-await-in-loop -- the last turn
      return { items: await named(rows, query, items), nextCursor: null };
    }
    const isJournal = isFirst(fromJournal, fromLog, query.order);
    const next = isJournal ? fromJournal : fromLog;
    if (next === undefined) break;
    if (isJournal) Object.assign(position, { seq: String(next.seq), part: next.part + 1 });
    else position.frame = String(next.seq);
    (isJournal ? journal : logged).take();
    if (isWanted(next.message, query)) items.push(next.message);
  }
  const nextCursor = cursorOf([position.seq, position.part, position.frame]);
  return { items: await named(rows, query, items), nextCursor };
}

/** The station's actor and those of its sessions: each has rows of its own. */
async function actorsOf(
  rows: Rows,
  { tenant, stationId }: { readonly tenant: string; readonly stationId: string },
): Promise<readonly string[]> {
  const sessions = await rows.all<{ id: string }>(
    "SELECT id FROM sessions WHERE station_id = $1 ORDER BY started_at DESC LIMIT 1000",
    [stationId],
  );
  return [
    formatAddress(chargerAddress(tenant, stationId)),
    ...sessions.map(({ id }) => formatAddress(sessionAddress(tenant, id))),
  ];
}

async function* journalled(
  rows: Rows,
  asked: { readonly actors: readonly string[]; readonly query: MessageQuery },
  from: string,
  skip: number,
): Source {
  let resume: { readonly seq: string; readonly isThere: boolean } = { seq: from, isThere: true };
  let isStart = from !== "";
  for (;;) {
    // deno-lint-ignore no-await-in-loop -- a piece after the other
    const piece = await journalPiece(rows, asked, resume);
    for (const row of piece) {
      const frames = framesOf(row, shownInstant(row.at));
      const ordered = asked.query.order === "asc" ? frames : [...frames].reverse();
      const shown = isStart && String(row.seq) === from ? skip : 0;
      isStart = false;
      for (const [part, message] of ordered.entries()) {
        if (part >= shown) yield { at: row.at, message, seq: row.seq, part };
      }
    }
    const last = piece.at(-1);
    if (last === undefined || piece.length < PIECE_ROWS) return;
    resume = { seq: String(last.seq), isThere: false };
  }
}

/**
 * Per actor a short range of the index (actor, seq), merged: no sort of the station's whole life.
 */
function journalPiece(
  rows: Rows,
  { actors, query }: { readonly actors: readonly string[]; readonly query: MessageQuery },
  resume: { readonly seq: string; readonly isThere: boolean },
): Promise<readonly JournalledRow[]> {
  const direction = query.order === "asc" ? "ASC" : "DESC";
  const where = new Conditions();
  const list = where.value(actors);
  where.add("j.actor = a.actor");
  where.add(
    `j.header LIKE '%"type":"ocpp.%' OR strpos(j.effects, '"subject":"gateway.') > 0`,
  );
  if (resume.seq !== "") {
    const comparison = (query.order === "asc" ? ">" : "<") + (resume.isThere ? "=" : "");
    where.add(`j.seq ${comparison} ?::text::bigint`, resume.seq);
  }
  where.addIf(query.from, "j.at >= ?::text::timestamptz")
    .addIf(query.to, "j.at < ?::text::timestamptz")
    // The day is the key of the partitions: without it every day's index is looked into.
    .addIf(query.from, "j.day >= (?::text::timestamptz AT TIME ZONE 'UTC')::date")
    .addIf(query.to, "j.day <= (?::text::timestamptz AT TIME ZONE 'UTC')::date");
  if (query.action !== undefined) {
    where.add(
      "j.type = 'ocpp.answer' OR strpos(j.header, ?) > 0 OR strpos(j.effects, ?) > 0",
      `"action":${JSON.stringify(query.action)}`,
      `\\"action\\":\\"${query.action}\\"`,
    );
  }
  return rows.all<JournalledRow>(
    `SELECT j.* FROM unnest(${list}::text[]) AS a(actor) CROSS JOIN LATERAL (
        SELECT seq, actor, at, type, header, body, reply, effects FROM journal j
        WHERE ${where.text} ORDER BY j.seq ${direction} LIMIT ${PIECE_ROWS}
      ) j ORDER BY j.seq ${direction} LIMIT ${PIECE_ROWS}`,
    where.values,
  );
}

async function* loggedFrames(
  rows: Rows,
  stationId: string,
  query: MessageQuery,
  from: string,
): Source {
  const direction = query.order === "asc" ? "ASC" : "DESC";
  let resume = from;
  for (;;) {
    const where = new Conditions().add("station_id = ?", stationId)
      .addIf(query.action, "action = ?")
      .addIf(query.direction, "direction = ?")
      .addIf(query.from, "at >= ?::text::timestamptz")
      .addIf(query.to, "at < ?::text::timestamptz");
    if (resume !== "") {
      // The order is by time and then by id, so that a late insert cannot shift a page.
      const comparison = query.order === "asc" ? ">" : "<";
      where.add(
        `(at, id) ${comparison} ((SELECT at FROM frame_log WHERE id = ?::text::bigint),
          ?::text::bigint)`,
        resume,
        resume,
      );
    }
    // deno-lint-ignore no-await-in-loop -- a piece after the other
    const piece = await rows.all<FrameRow>(
      `SELECT id, at, direction, message_type, action, message_id, payload FROM frame_log
        WHERE ${where.text} ORDER BY at ${direction}, id ${direction} LIMIT ${PIECE_ROWS}`,
      where.values,
    );
    for (const row of piece) {
      yield { at: row.at, message: toMessage(row), seq: row.id, part: 0 };
    }
    const last = piece.at(-1);
    if (last === undefined || piece.length < PIECE_ROWS) return;
    resume = String(last.id);
  }
}

function toMessage(row: FrameRow): OcppMessage {
  return {
    at: shownInstant(row.at),
    direction: row.direction,
    messageType: row.messageType,
    action: row.action,
    messageId: row.messageId,
    payload: value(row.payload),
  };
}

function isFirst(
  journal: Placed | undefined,
  logged: Placed | undefined,
  order: MessageQuery["order"],
): boolean {
  if (journal === undefined || logged === undefined) return logged === undefined;
  return order === "asc" ? journal.at <= logged.at : journal.at >= logged.at;
}

function isWanted(message: OcppMessage, query: MessageQuery): boolean {
  if (query.direction !== undefined && message.direction !== query.direction) return false;
  const isAction = query.action === undefined || message.action === query.action ||
    // Which call was answered is known only when the page is complete.
    (message.action === null && message.messageType.startsWith("CALL"));
  if (!isAction) return false;
  if (query.search === undefined) return true;
  const text = `${message.action} ${message.messageId} ${JSON.stringify(message.payload)}`;
  return text.toLowerCase().includes(query.search.toLowerCase());
}

/** Answers do not name the action: the command of their message id does. */
async function named(
  rows: Rows,
  query: MessageQuery,
  items: readonly OcppMessage[],
): Promise<readonly OcppMessage[]> {
  const ids = items.filter(({ action }) => action === null)
    .flatMap(({ messageId }) => messageId === null ? [] : [messageId]);
  if (ids.length === 0) return items;
  const found = await rows.all<{ id: string; action: string }>(
    "SELECT id, action FROM commands WHERE id = ANY($1)",
    [ids],
  );
  const actions = new Map(found.map(({ id, action }) => [id, action]));
  for (const { messageType, direction, messageId, action } of items) {
    const isOurs = direction === "out" && messageType === "CALL";
    if (isOurs && messageId !== null && action !== null) actions.set(messageId, action);
  }
  const complete = items.map((item) =>
    item.action === null ? { ...item, action: actions.get(item.messageId ?? "") ?? null } : item
  );
  return query.action === undefined
    ? complete
    : complete.filter(({ action }) => action === query.action);
}

/** The next of a source, looked at before it is taken. */
class Head {
  readonly #source: Source;
  #next: Placed | undefined;
  #isDone = false;

  constructor(source: Source) {
    this.#source = source;
  }

  async peek(): Promise<Placed | undefined> {
    if (this.#next === undefined && !this.#isDone) {
      const { value: next, done } = await this.#source.next();
      this.#isDone = done === true;
      this.#next = next ?? undefined;
    }
    return this.#next;
  }

  take(): void {
    this.#next = undefined;
  }
}
