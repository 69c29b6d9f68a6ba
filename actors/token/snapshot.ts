import type { StoredSnapshot } from "#engine/actor.ts";
import type { TokenContext } from "./machine.ts";

/** What is stored of a token actor. */
export const tokenSnapshot = {
  version: 1,
  encode: (context: TokenContext): unknown => context,
  decode: (stored: StoredSnapshot): { value: unknown; context: TokenContext } => ({
    value: stored.value,
    context: stored.context as TokenContext,
  }),
};
