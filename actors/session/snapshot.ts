import type { StoredSnapshot } from "#engine/actor.ts";
import type { SessionContext } from "./context.ts";

/** What is stored of a session. */
export const sessionSnapshot = {
  version: 1,
  encode: (context: SessionContext): unknown => context,
  decode: (stored: StoredSnapshot): { value: unknown; context: SessionContext } => ({
    value: stored.value,
    context: stored.context as SessionContext,
  }),
};
