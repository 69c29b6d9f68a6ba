import { formatAddress } from "#schemas/address.ts";
import type { TimelineItem } from "#schemas/rest/session.ts";
import type { ListQuery } from "#schemas/rest/shape.ts";
import { sessionAddress } from "../ask.ts";
import { Conditions } from "../conditions.ts";
import { pageOf } from "../paging.ts";
import type { Rows } from "../ports/rows.ts";
import type { Page } from "../reply.ts";
import { shownInstant } from "../shown_instant.ts";
import { archivedPage } from "./archived_timeline.ts";
import { value } from "./message_frames.ts";

export interface TimelineRow {
  readonly seq: number;
  readonly at: string;
  readonly type: string;
  readonly class: string;
  readonly body: string | null;
  readonly reply: string | null;
}

/** The journal of one session: what it heard, in order; also of one that was packed away. */
export async function listTimeline(
  rows: Rows,
  session: { readonly tenant: string; readonly sessionId: string },
  query: ListQuery,
): Promise<Page<TimelineItem>> {
  const actor = formatAddress(sessionAddress(session.tenant, session.sessionId));
  const archived = await archivedPage(rows, { actor, sessionId: session.sessionId }, query);
  if (archived !== undefined) return { ...archived, items: archived.items.map(toItem) };
  return await pageOf(rows, query, {
    select: "seq, at, type, class, body, reply",
    from: "journal",
    where: new Conditions().add("actor = ?", actor),
    order: [{ name: "seq", type: "bigint" }, { name: "day::text", type: "text" }],
  }, toItem);
}

function toItem(row: TimelineRow): TimelineItem {
  const message = value(row.body);
  const reply = value(row.reply);
  return {
    seq: row.seq,
    at: shownInstant(row.at),
    type: row.type,
    what: sentence(row.type, message),
    changesState: row.class === "T",
    ...(message === null ? {} : { message }),
    ...(reply === null ? {} : { reply }),
  };
}

const titles: Readonly<Record<string, string>> = {
  "TransactionEvent.Started": "The station started the transaction",
  "TransactionEvent.Updated": "The station reported on the transaction",
  "TransactionEvent.Ended": "The station ended the transaction",
  "MeterValues": "Meter values",
  "connector.status": "The connector changed its status",
  "session.annotate": "The operator annotated the session",
};

/** Members of messages that say the most, in the words of 1.6, of 2.x and of ours. */
const telling = [
  "triggerReason",
  "chargingState",
  "status",
  "reason",
  "stoppedReason",
  "stopReason",
  "meterStart",
  "meterStop",
  "meterStartWh",
  "meterStopWh",
  "idTag",
  "annotation",
  "billable",
] as const;

function sentence(type: string, message: unknown): string {
  const title = titles[type] ?? type;
  if (typeof message !== "object" || message === null) return title;
  const facts = membersOf(message);
  const words = telling.filter((name) => isPlain(facts.get(name)))
    .map((name) => `${name} ${String(facts.get(name))}`);
  return words.length === 0 ? title : `${title}: ${words.join(", ")}`;
}

/** Its own members, and those of `transactionInfo`, where 2.x has the state. */
function membersOf(message: object): ReadonlyMap<string, unknown> {
  const inner = "transactionInfo" in message ? message.transactionInfo : undefined;
  const innerEntries = typeof inner === "object" && inner !== null ? Object.entries(inner) : [];
  return new Map([...Object.entries(message), ...innerEntries]);
}

function isPlain(member: unknown): boolean {
  return ["string", "number", "boolean"].includes(typeof member);
}
