import { isObject } from "#schemas/command.ts";
import { hearNotice } from "./blocks/mod.ts";
import { rule } from "./turn.ts";

/** A message that a functional block has rules for. */
export const noteNotice = rule(["Notice"], (turn, event) => {
  const { action, protocol, payload } = event;
  turn.set({ lastSeenAt: turn.now });
  turn.reply(hearNotice(turn, { action, protocol, payload: isObject(payload) ? payload : {} }));
});
