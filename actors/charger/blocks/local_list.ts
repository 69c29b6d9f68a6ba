/**
 * Local authorization lists (OCPP 1.6J, 5.10 and 5.15; OCPP 2.0.1 Part 2, D01 and D02): a list is
 * wished by `block.order`, sent one command at a time, and kept until the station has confirmed it.
 */
import {
  again,
  emptyList,
  givenUp,
  type LocalList,
  nextUpdate,
  overtaken,
  reported,
  taken,
  underWay,
  wished,
} from "#actors/domain/local_list.ts";
import {
  LOCAL_LIST_BLOCK,
  LOCAL_LIST_KEY,
  type LocalListDescription,
  type LocalListOrder,
  TOKEN_CACHE_KEY,
} from "#schemas/events/local_list.ts";
import { formatInstant } from "#schemas/instant.ts";
import {
  LIST_ENTRIES_MAX,
  listCalls,
  listLimits,
  type ListUpdate,
  listUpdateOf,
  reportedVersionOf,
} from "#schemas/local_list.ts";
import type { ItemBlock, StationItem } from "#schemas/station_items.ts";
import { openAlert, settleAlert } from "../alerts.ts";
import { orderCommand } from "../commands.ts";
import type { Turn } from "../turn.ts";
import { defineBlock, type Exchange, goOnLater } from "./block.ts";

/** What `changeList` has to see. */
export const readsOfList: readonly ItemBlock[] = ["local-list", "limits"];

/** After a refusal a station gets no more at once than this. */
const ENTRIES_AFTER_REFUSAL = 10;

/** What a station says that has no lists at all. */
const notSupported: ReadonlySet<string> = new Set(["NotSupported", "NotImplemented"]);

export const localList = defineBlock({
  name: LOCAL_LIST_BLOCK,
  orders: { reads: readsOfList, heed },
  calls: {
    SendLocalList: { reads: readsOfList, ended: noteSent },
    GetLocalListVersion: { reads: ["local-list"], ended: noteVersion },
    ClearCache: { ended: noteCleared },
  },
  resume: {
    reads: readsOfList,
    go: (turn, items) => {
      const list = listOf(items);
      if (list !== undefined) keep(turn, sendOn(turn, list, items), list);
    },
  },
});

/** The station's list; undefined = it was never given one. */
export function listOf(items: readonly StationItem[]): LocalList | undefined {
  const isList = ({ block, key }: StationItem): boolean =>
    block === "local-list" && key === LOCAL_LIST_KEY;
  const body: unknown = items.find(isList)?.body;
  return body === undefined ? undefined : body as LocalList;
}

export function describeList(list: LocalList): LocalListDescription {
  const { intendedVersion, confirmedVersion, reportedVersion, state, detail, entries } = list;
  return {
    intendedVersion,
    confirmedVersion,
    reportedVersion,
    reportedAt: shown(list.reportedAt),
    state,
    detail,
    entries,
    followTokens: list.followTokens,
    changedAt: shown(list.changedAt),
    confirmedAt: shown(list.confirmedAt),
  };
}

function shown(at: number | null): string | null {
  return at === null ? null : formatInstant(at);
}

function keep(turn: Turn, list: LocalList, before: LocalList | undefined): void {
  if (list === before) return;
  if (list.state === "confirmed") settleAlert(turn, "localListFailed");
  turn.keepItem("local-list", LOCAL_LIST_KEY, { ...list });
}

function heed(turn: Turn, order: unknown, items: readonly StationItem[]): void {
  const before = listOf(items);
  const wish = order as LocalListOrder;
  if (wish.op === "follow" && (before === undefined || before.followTokens === false)) {
    turn.reply(describeList(before ?? emptyList));
    return;
  }
  const list = wishOf(before ?? emptyList, wish, turn.now);
  if (list.entries.length > LIST_ENTRIES_MAX && wish.op === "follow") {
    const detail = `More than ${LIST_ENTRIES_MAX} tokens: the list stays as it was`;
    const kept = givenUp({ ...list, entries: before?.entries ?? [] }, "failed", detail);
    openAlert(turn, "localListFailed", detail);
    keep(turn, kept, before);
    turn.reply(describeList(kept));
    return;
  }
  if (list.entries.length > LIST_ENTRIES_MAX) {
    turn.refuse("conflict", `Cannot keep the list: it has more than ${LIST_ENTRIES_MAX} entries`);
    return;
  }
  // A quiet station is sent what operators want, and nothing that follows of itself.
  const isMuted = wish.op === "follow" && turn.context.settings.quiet;
  const sent = isMuted ? list : sendOn(turn, list, items);
  keep(turn, sent, before);
  turn.reply(describeList(sent));
}

function wishOf(list: LocalList, order: LocalListOrder, now: number): LocalList {
  if (order.op === "send") return { ...again(list), changedAt: list.changedAt ?? now };
  const { tokensVersion = list.tokensVersion } = order;
  const followed = { ...list, tokensVersion };
  if (order.op === "follow") {
    return wished(followed, { updateType: "Differential", changes: order.changes }, now);
  }
  return wished({ ...followed, followTokens: order.followTokens ?? list.followTokens }, order, now);
}

/** A change of the list that follows from something else; the station is told of it at once. */
export function changeList(
  turn: Turn,
  items: readonly StationItem[],
  changes: ListUpdate["changes"],
): void {
  const before = listOf(items);
  if (before === undefined) return;
  const list = wished(before, { updateType: "Differential", changes }, turn.now);
  keep(turn, list === before ? before : sendOn(turn, list, items), before);
}

/** Sends what is to be sent, unless something is on its way; else when the station connects. */
function sendOn(turn: Turn, list: LocalList, items: readonly StationItem[]): LocalList {
  return send(turn, isLost(turn, list) ? again(list) : list, { items, attempt: 1 });
}

/** Its command has ended without a word, or is in doubt. */
function isLost({ context }: Turn, { sending }: LocalList): boolean {
  return sending !== null &&
    !context.commands.some(({ id, status }) => id === sending.commandId && status === "sent");
}

function send(
  turn: Turn,
  list: LocalList,
  { items, attempt }: { readonly items: readonly StationItem[]; readonly attempt: number },
): LocalList {
  const { link, settings } = turn.context;
  const update = nextUpdate(list);
  if (update === undefined) return list;
  if (link === null || settings.registration === "Rejected") {
    goOnLater(turn, LOCAL_LIST_BLOCK);
    return list;
  }
  const limits = listLimits(items, link.protocol);
  const entriesPerMessage = attempt === 1
    ? limits.items
    : Math.min(limits.items, ENTRIES_AFTER_REFUSAL);
  const body = commandBody(update, entriesPerMessage);
  const messages = listCalls(update, link.protocol, { ...limits, items: entriesPerMessage }).length;
  const isOrdered = orderCommand(turn, { kind: "send-local-list", body });
  const commandId = turn.context.commands.at(-1)?.id;
  if (!isOrdered || commandId === undefined) {
    goOnLater(turn, LOCAL_LIST_BLOCK);
    return list;
  }
  return underWay(list, { commandId, messages, attempt });
}

function commandBody(
  { updateType, version, changes }: ListUpdate,
  entriesPerMessage: number,
): Readonly<Record<string, unknown>> {
  const entries = changes.map(({ idToken, type, entry }) =>
    entry === null ? { idToken, type, status: null } : { ...entry }
  );
  return { updateType, version, entries, entriesPerMessage };
}

/** Of orders of ours, see `orderCommand`: what they sent is not another's list. */
const ORDERED = "own-";

function noteSent(turn: Turn, exchange: Exchange, items: readonly StationItem[]): void {
  const update = listUpdateOf(exchange.payload);
  if (update === undefined) {
    // With the connection its payload was lost: what the list looks like will be seen later.
    if (exchange.outcome === "silent") goOnLater(turn, LOCAL_LIST_BLOCK);
    return;
  }
  const before = listOf(items) ?? emptyList;
  const isOurs = before.sending?.commandId === exchange.commandId;
  if (isOurs) keep(turn, ended(turn, before, { exchange, update, items }), before);
  else if (!exchange.commandId.startsWith(ORDERED)) {
    keep(turn, endedForeign(turn, before, { exchange, update }), before);
  }
}

/** What the station said of it: its status, or the code of its CALLERROR. */
function wordOf({ outcome, response, errorCode }: Exchange): string {
  const status = response["status"];
  if (outcome === "failed") return errorCode ?? "GenericError";
  return outcome === "answered" && typeof status === "string" ? status : "No answer";
}

function ended(
  turn: Turn,
  list: LocalList,
  { exchange, update, items }: {
    readonly exchange: Exchange;
    readonly update: ListUpdate;
    readonly items: readonly StationItem[];
  },
): LocalList {
  const word = wordOf(exchange);
  if (word === "Accepted") {
    return send(turn, taken(list, update.version, turn.now), { items, attempt: 1 });
  }
  if (notSupported.has(word)) return givenUp(list, "notSupported", word);
  if (exchange.outcome === "silent" && turn.context.link === null) {
    // Its answer may come late; when the station is back first, the whole list goes again.
    goOnLater(turn, LOCAL_LIST_BLOCK);
    return list;
  }
  // The wish was an operator's: a quiet station gets it carried out like any other.
  if (list.sending?.attempt === 1) return send(turn, again(list), { items, attempt: 2 });
  openAlert(turn, "localListFailed", `The station refused its local list: ${word}`);
  return givenUp(list, "failed", word);
}

/** A list that an operator sent past this one: what the station took is the list from now on. */
function endedForeign(
  turn: Turn,
  list: LocalList,
  { exchange, update }: { readonly exchange: Exchange; readonly update: ListUpdate },
): LocalList {
  const word = wordOf(exchange);
  if (word === "Accepted") return overtaken(list, update, turn.now);
  if (notSupported.has(word)) return givenUp(list, "notSupported", word);
  if (exchange.outcome !== "silent" || list.intendedVersion === 0) return list;
  goOnLater(turn, LOCAL_LIST_BLOCK);
  return again(list);
}

function noteVersion(turn: Turn, exchange: Exchange, items: readonly StationItem[]): void {
  const before = listOf(items) ?? emptyList;
  const word = wordOf(exchange);
  const version = reportedVersionOf(exchange.response);
  if (exchange.outcome === "answered" && version !== undefined) {
    keep(turn, reported(before, version, turn.now), before);
  } else if (exchange.outcome === "failed" && notSupported.has(word)) {
    keep(turn, { ...before, state: "notSupported", detail: word }, before);
  }
}

/** When the station last said that its cache of tokens is empty. */
function noteCleared(turn: Turn, exchange: Exchange): void {
  if (wordOf(exchange) !== "Accepted") return;
  turn.keepItem("local-list", TOKEN_CACHE_KEY, { clearedAt: formatInstant(turn.now) });
}
