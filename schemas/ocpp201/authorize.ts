import type { AuthorizeReply } from "#schemas/events/station.ts";
import { defineMessage } from "#schemas/message.ts";
import { type IdToken2, idTokenInfoOf, idTokenOf } from "./datatypes.ts";

export const Authorize = defineMessage({
  action: "Authorize",
  specification: "OCPP 2.0.1 Part 2, C01",
  toEvent: (request: { readonly idToken: IdToken2 }) => ({
    type: "Authorize",
    idToken: idTokenOf(request.idToken),
  }),
  toResponse: (reply: AuthorizeReply) => ({ idTokenInfo: idTokenInfoOf(reply.idTokenInfo) }),
});
