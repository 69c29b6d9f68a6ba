import { defineActor, type EventClass, type PlainEvent } from "#engine/actor.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { GrantRequest } from "#schemas/events/token.ts";
import { mayGrant, type TokenContext, type TokenEvent, tokenMachine } from "./machine.ts";
import { tokenSnapshot } from "./snapshot.ts";

const types: ReadonlySet<string> = new Set(["grant.request", "grant.release"]);

/** `token/<group or uid, lower case>`: who charges with it now. */
export const token = defineActor<TokenContext, TokenEvent>({
  kind: "token",
  revision: 1,
  machine: tokenMachine,
  initialInput: () => undefined,
  receive: ({ header, body }) => {
    if (!types.has(header.type)) {
      throw new PlatformError("unknown-action", `Cannot ask a token: no "${header.type}"`);
    }
    return { ...(body as object), type: header.type };
  },
  classify: (event, context): EventClass =>
    isGrantRequest(event) && isSettled(event, context) ? "beat" : "transition",
  fold: (event, context) => ({
    context,
    reply: { granted: event.type === "grant.request" && event.holder in context.grants },
  }),
  snapshot: tokenSnapshot,
});

function isGrantRequest(event: PlainEvent): event is PlainEvent & GrantRequest {
  return event.type === "grant.request";
}

/** Asking changes nothing: the holder has its grant already, or cannot get one. */
function isSettled(request: GrantRequest, context: TokenContext): boolean {
  if (!mayGrant(context, request)) return true;
  const isHeld = request.holder in context.grants;
  return isHeld && !request.replaces.some((holder) => holder in context.grants);
}
