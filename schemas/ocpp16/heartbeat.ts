import type { HeartbeatReply } from "#schemas/events/station.ts";
import { formatInstant } from "#schemas/instant.ts";
import { defineMessage } from "#schemas/message.ts";

export const Heartbeat = defineMessage({
  action: "Heartbeat",
  specification: "OCPP 1.6J, 4.6",
  toEvent: () => ({ type: "Heartbeat" }),
  toResponse: (reply: HeartbeatReply) => ({ currentTime: formatInstant(reply.currentTime) }),
});
