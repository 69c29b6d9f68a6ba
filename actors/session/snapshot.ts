import type { StoredSnapshot } from "#engine/actor.ts";
import type { SessionContext } from "./context.ts";

/** Came later: absent in older snapshots, and while there is nothing to say. */
const later: Pick<SessionContext, "price" | "toldCost"> = { price: null, toldCost: null };

/** What is stored of a session. */
export const sessionSnapshot = {
  version: 1,
  encode: ({ price, toldCost, ...others }: SessionContext): unknown => ({
    ...others,
    ...(price === null ? {} : { price }),
    ...(toldCost === null ? {} : { toldCost }),
  }),
  decode: (stored: StoredSnapshot): { value: unknown; context: SessionContext } => ({
    value: stored.value,
    context: { ...later, ...stored.context as SessionContext },
  }),
};
