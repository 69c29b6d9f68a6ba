import type { AuthorizeReply } from "#schemas/events/station.ts";
import { defineMessage } from "#schemas/message.ts";
import { idTagInfoOf, idTokenOf } from "./datatypes.ts";

export const Authorize = defineMessage({
  action: "Authorize",
  specification: "OCPP 1.6J, 4.1",
  toEvent: (request: { readonly idTag: string }) => ({
    type: "Authorize",
    idToken: idTokenOf(request.idTag),
  }),
  toResponse: (reply: AuthorizeReply) => ({ idTagInfo: idTagInfoOf(reply.idTokenInfo) }),
});
