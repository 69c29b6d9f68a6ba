/** Customer information (OCPP 2.0.1 Part 2, N09 and N10); reports are collected by a projection. */
import { isObject } from "#schemas/command.ts";
import type { StationItem } from "#schemas/station_items.ts";
import type { Turn } from "../turn.ts";
import { defineBlock, type Exchange } from "./block.ts";
import { changeList, listOf, readsOfList } from "./local_list.ts";
import { entryKey } from "#schemas/local_list.ts";

export const customerInformation = defineBlock({
  name: "customer-information",
  calls: { CustomerInformation: { reads: readsOfList, ended: noteCleared } },
});

/**
 * A customer that the station has cleared leaves its local list too, which is told to the station
 * by a change of the list.
 */
function noteCleared(turn: Turn, exchange: Exchange, items: readonly StationItem[]): void {
  const { payload: { clear, idToken }, response } = exchange;
  if (clear !== true || response["status"] !== "Accepted" || !isObject(idToken)) return;
  const uid = idToken["idToken"];
  if (typeof uid !== "string") return;
  const held = listOf(items)?.entries.find((entry) => entryKey(entry.idToken) === entryKey(uid));
  if (held === undefined) return;
  changeList(turn, items, [{ idToken: held.idToken, type: held.type, entry: null }]);
}
