import { isObject } from "#schemas/command.ts";
import type { HeardNotice } from "./blocks/block.ts";
import { giveOrder, hearNotice } from "./blocks/mod.ts";
import type { EventOf } from "./context.ts";
import { rule } from "./turn.ts";

/** A message that a functional block has rules for. */
export const noteNotice = rule(["Notice"], (turn, event) => {
  turn.set({ lastSeenAt: turn.now });
  turn.reply(hearNotice(turn, noticeOf(event)));
});

/** A wish of an operator, or of ours, that a functional block keeps until the station has it. */
export const heedOrder = rule(["block.order"], (turn, { block, order }) => {
  giveOrder(turn, block, order);
});

export function noticeOf({ action, protocol, payload }: EventOf<"Notice">): HeardNotice {
  return { action, protocol, payload: isObject(payload) ? payload : {} };
}
