/**
 * The messages on a station's display: what it accepted, what it refused, what it reports, and what
 * is on its way, put together into one list.
 */
import { isObject } from "#schemas/command.ts";
import type { CommandStatus } from "#schemas/events/charger.ts";
import { parseInstant } from "#schemas/instant.ts";
import type { DisplayMessage } from "#schemas/rest/display_message.ts";

type Json = Readonly<Record<string, unknown>>;

export interface MessageItem {
  readonly block: string;
  readonly key: string;
  readonly body: Json;
}

/** A command or raw call that sets or clears a message and has no answer (yet). */
export interface MessageOrder {
  readonly id: string;
  readonly kind: string;
  readonly action: string;
  readonly status: CommandStatus;
  readonly request: Json;
  readonly createdAt: string;
  /** Why it failed before it left. */
  readonly fault?: string | null;
}

/** A session that a message names. */
export interface NamedSession {
  readonly id: string;
  readonly transactionId: string;
  readonly status: string;
}

export interface MessageFacts {
  readonly items: readonly MessageItem[];
  /** Newest first. */
  readonly orders: readonly MessageOrder[];
  readonly sessions: readonly NamedSession[];
  readonly now: number;
}

type Attempt = NonNullable<DisplayMessage["attempt"]>;
type Said = Omit<Attempt, "status" | "answer" | "reason" | "at" | "commandId">;

/** By id. Messages whose session is over, or whose time is, are not on the display any more. */
export function displayMessagesOf(facts: MessageFacts): readonly DisplayMessage[] {
  const clearing = new Set<number>();
  const attempts = new Map<number, Attempt>();
  for (const item of facts.items) {
    if (item.block !== "display-message" || !item.key.startsWith("refused/")) continue;
    const status = item.body["answer"] === "Rejected" || isRefusal(item.body["answer"])
      ? "rejected"
      : "failed";
    attempts.set(idOf(item), { ...saidOf(item, facts.sessions), ...endOf(item, status) });
  }
  for (const order of facts.orders.toReversed()) note(order, facts, { clearing, attempts });
  const believed = byId(facts.items, "display-message");
  const reported = reportedItems(facts.items);
  const ids = new Set([...believed.keys(), ...reported.keys(), ...attempts.keys()]);
  return [...ids].sort((one, other) => one - other)
    .map((id) =>
      merged(id, facts, {
        believed: believed.get(id),
        reported: reported.get(id),
        attempt: attempts.get(id),
        isClearing: clearing.has(id),
      })
    )
    .filter((message) => isOnDisplay(message, facts));
}

/** What SetDisplayMessage may say besides Accepted; a CALLERROR has other words. */
function isRefusal(answer: unknown): boolean {
  return typeof answer === "string" &&
    /^(NotSupported(MessageFormat|Priority|State)|UnknownTransaction|LanguageNotSupported)$/
      .test(answer);
}

function idOf({ key }: MessageItem): number {
  return Number(key.replace("refused/", ""));
}

function byId(items: readonly MessageItem[], block: string): ReadonlyMap<number, MessageItem> {
  return new Map(
    items.filter((item) => item.block === block && /^\d+$/.test(item.key))
      .map((item) => [idOf(item), item]),
  );
}

/** Without those that were cleared since, or that a later question has shown to be gone. */
function reportedItems(items: readonly MessageItem[]): ReadonlyMap<number, MessageItem> {
  const clearedAt = new Map(
    items.filter(({ block, key }) => block === "display-message" && key.startsWith("cleared/"))
      .map(({ key, body }) => [key.replace("cleared/", ""), String(body["at"])]),
  );
  const reported = new Map(
    [...byId(items, "reported-message")].filter(([id, { body }]) =>
      (clearedAt.get(String(id)) ?? "") < String(body["at"])
    ),
  );
  const asked = items.find(({ block, key }) => block === "display-message" && key === "asked");
  if (asked?.body["answer"] !== "Unknown") return reported;
  const { ids, priority, state, at } = asked.body;
  const isGone = ({ body }: MessageItem): boolean => {
    const info = isObject(body["info"]) ? body["info"] : {};
    return String(body["at"]) <= String(at) &&
      (!Array.isArray(ids) || ids.includes(info["id"])) &&
      (priority === null || priority === info["priority"]) &&
      (state === null || state === info["state"]);
  };
  return new Map([...reported].filter(([, item]) => !isGone(item)));
}

/** What is on its way, or got no answer; the newest of an id counts. */
function note(
  order: MessageOrder,
  { items, sessions }: MessageFacts,
  { clearing, attempts }: {
    readonly clearing: Set<number>;
    readonly attempts: Map<number, Attempt>;
  },
): void {
  const isOpen = order.status === "queued" || order.status === "sent";
  const payload = isObject(order.request["payload"]) ? order.request["payload"] : order.request;
  if (order.kind === "clear-display-message" || order.action === "ClearDisplayMessage") {
    if (isOpen && typeof payload["id"] === "number") clearing.add(payload["id"]);
    return;
  }
  const said = order.kind === "call"
    ? saidOfInfo(isObject(payload["message"]) ? payload["message"] : {}, sessions)
    : saidOfBody(payload, sessions);
  const id = order.kind === "call"
    ? isObject(payload["message"]) ? payload["message"]["id"] : undefined
    : payload["id"];
  if (typeof id !== "number" || said === undefined) return;
  const isSettled = items.some(({ key, body }) =>
    key.replace("refused/", "") === String(id) && String(body["at"] ?? "") >= order.createdAt
  );
  if (isSettled) return;
  attempts.set(id, {
    ...said,
    status: isOpen ? "pending" : order.status === "failed" ? "failed" : "unanswered",
    answer: null,
    reason: order.fault ?? null,
    at: order.createdAt,
    commandId: order.id,
  });
}

function merged(
  id: number,
  { sessions }: MessageFacts,
  known: {
    readonly believed: MessageItem | undefined;
    readonly reported: MessageItem | undefined;
    readonly attempt: Attempt | undefined;
    readonly isClearing: boolean;
  },
): DisplayMessage {
  const { believed, reported, attempt, isClearing } = known;
  const shown = believed ?? reported;
  const confirmed = isConfirmed(believed, reported);
  const confirmedAt = reported === undefined ? null : String(reported.body["at"]);
  if (shown === undefined) {
    if (attempt === undefined) throw new TypeError(`Cannot show message ${id}: nothing is known`);
    return { id, ...attempt, shown: false, confirmed: false, confirmedAt: null, attempt: null };
  }
  const status = isClearing ? "clearing" : believed === undefined ? "reported" : "accepted";
  return {
    id,
    ...saidOf(shown, sessions),
    ...endOf(shown, status),
    shown: true,
    confirmed,
    confirmedAt: confirmed ? confirmedAt : null,
    attempt: attempt ?? null,
  };
}

/** What the station reports is what it accepted. */
function isConfirmed(
  believed: MessageItem | undefined,
  reported: MessageItem | undefined,
): boolean {
  if (reported === undefined) return false;
  if (believed === undefined) return true;
  const [one, other] = [believed, reported].map(({ body }) => {
    const info = isObject(body["info"]) ? body["info"] : {};
    const message = isObject(info["message"]) ? info["message"] : {};
    return [info["priority"], info["state"] ?? null, message["format"], message["content"]].join();
  });
  return one === other;
}

function isOnDisplay(message: DisplayMessage, { sessions, now }: MessageFacts): boolean {
  const { sessionId, endAt } = message;
  const isOver = sessionId !== null &&
    sessions.some(({ id, status }) => id === sessionId && status !== "open");
  const endedAt = parseInstant(endAt);
  return !isOver && (endedAt === null || endedAt > now || !message.shown);
}

function endOf(
  { body }: MessageItem,
  status: Attempt["status"],
): Pick<Attempt, "status" | "answer" | "reason" | "at" | "commandId"> {
  return {
    status,
    answer: textOrNull(body["answer"]),
    reason: textOrNull(body["reason"]),
    at: String(body["at"]),
    commandId: textOrNull(body["commandId"]),
  };
}

function saidOf({ body }: MessageItem, sessions: readonly NamedSession[]): Said {
  const said = saidOfInfo(isObject(body["info"]) ? body["info"] : {}, sessions);
  return { ...said, sessionId: textOrNull(body["sessionId"]) ?? said.sessionId };
}

/** MessageInfoType of the wire. */
function saidOfInfo(info: Json, sessions: readonly NamedSession[]): Said {
  const message = isObject(info["message"]) ? info["message"] : {};
  const display = isObject(info["display"]) ? info["display"] : {};
  const evse = isObject(display["evse"]) ? display["evse"] : {};
  const transactionId = textOrNull(info["transactionId"]);
  const session = sessions.find((one) => one.transactionId === transactionId);
  return {
    message: contentOf(message),
    priority: String(info["priority"]),
    state: textOrNull(info["state"]),
    startAt: textOrNull(info["startDateTime"]),
    endAt: textOrNull(info["endDateTime"]),
    transactionId,
    sessionId: session?.id ?? null,
    evseId: typeof evse["id"] === "number" ? evse["id"] : null,
  };
}

/** The body of a typed command. */
function saidOfBody(body: Json, sessions: readonly NamedSession[]): Said {
  const sessionId = textOrNull(body["sessionId"]);
  const { evseId } = body;
  return {
    message: contentOf(isObject(body["message"]) ? body["message"] : {}),
    priority: String(body["priority"]),
    state: textOrNull(body["state"]),
    startAt: textOrNull(body["startAt"]),
    endAt: textOrNull(body["endAt"]),
    transactionId: sessions.find(({ id }) => id === sessionId)?.transactionId ?? null,
    sessionId,
    evseId: typeof evseId === "number" ? evseId : null,
  };
}

function contentOf({ content, format, language }: Json): Said["message"] {
  return {
    content: textOrNull(content) ?? "",
    format: textOrNull(format) ?? "UTF8",
    ...(typeof language === "string" ? { language } : {}),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
