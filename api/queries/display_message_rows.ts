import { isObject } from "#schemas/command.ts";
import type { DisplayMessage } from "#schemas/rest/display_message.ts";
import {
  displayMessagesOf,
  type MessageItem,
  type MessageOrder,
  type NamedSession,
} from "../display_messages.ts";
import type { Rows } from "../ports/rows.ts";
import { shownInstant } from "../shown_instant.ts";

/** More of one station are no one's need. */
const ITEMS_MAX = 2_000;
/** Orders of the last day that were not answered, newest first. */
const ORDERS_MAX = 200;

/** All messages of a station's display, by id. */
export async function stationMessages(
  rows: Rows,
  stationId: string,
  now: number,
): Promise<readonly DisplayMessage[]> {
  // Orders first: one that is answered in between is an item then, and would else be neither.
  const orders = await openOrders(rows, stationId);
  const items = await rows.all<MessageItem>(
    `SELECT block, key, body FROM station_items
      WHERE station_id = $1 AND block IN ('display-message', 'reported-message')
      ORDER BY block, key LIMIT ${ITEMS_MAX}`,
    [stationId],
  );
  const sessions = await namedSessions(rows, stationId, { items, orders });
  return displayMessagesOf({ items, orders, sessions, now });
}

async function openOrders(rows: Rows, stationId: string): Promise<readonly MessageOrder[]> {
  const orders = await rows.all<MessageOrder>(
    `SELECT id, kind, action, status, request, created_at, error->>'description' AS fault
      FROM commands
      WHERE station_id = $1 AND created_at > now() - interval '1 day'
        AND status IN ('queued', 'sent', 'unknown', 'timedOut', 'expired', 'failed')
        AND (kind IN ('set-display-message', 'clear-display-message')
          OR (kind = 'call' AND action IN ('SetDisplayMessage', 'ClearDisplayMessage')))
      ORDER BY created_at DESC, id DESC LIMIT ${ORDERS_MAX}`,
    [stationId],
  );
  return orders.map((order) => ({ ...order, createdAt: shownInstant(order.createdAt) }));
}

/** The sessions that messages are bound to, by their transaction or by their own id. */
async function namedSessions(
  rows: Rows,
  stationId: string,
  { items, orders }: {
    readonly items: readonly MessageItem[];
    readonly orders: readonly MessageOrder[];
  },
): Promise<readonly NamedSession[]> {
  const transactions = new Set<string>();
  const sessions = new Set<string>();
  for (const source of [...items.map(({ body }) => body), ...orders.map((one) => one.request)]) {
    const payload = isObject(source["payload"]) ? source["payload"]["message"] : source["info"];
    const transactionId = isObject(payload) ? payload["transactionId"] : undefined;
    if (typeof transactionId === "string") transactions.add(transactionId);
    if (typeof source["sessionId"] === "string") sessions.add(source["sessionId"]);
  }
  if (transactions.size === 0 && sessions.size === 0) return [];
  return await rows.all<NamedSession>(
    `SELECT id, transaction_id, status FROM sessions
      WHERE station_id = $1 AND (transaction_id = ANY($2::text[]) OR id = ANY($3::text[]))
      ORDER BY started_at DESC`,
    [stationId, [...transactions], [...sessions]],
  );
}
