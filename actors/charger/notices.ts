import { isObject } from "#schemas/command.ts";
import type { HeardNotice } from "./blocks/block.ts";
import { hearNotice } from "./blocks/mod.ts";
import type { EventOf } from "./context.ts";
import { rule } from "./turn.ts";

/** A message that a functional block has rules for. */
export const noteNotice = rule(["Notice"], (turn, event) => {
  turn.set({ lastSeenAt: turn.now });
  turn.reply(hearNotice(turn, noticeOf(event)));
});

export function noticeOf({ action, protocol, payload }: EventOf<"Notice">): HeardNotice {
  return { action, protocol, payload: isObject(payload) ? payload : {} };
}
