import type { HeartbeatReply } from "#schemas/events/station.ts";
import { formatInstant } from "#schemas/instant.ts";
import { defineMessage } from "#schemas/message.ts";

export const Heartbeat = defineMessage({
  action: "Heartbeat",
  specification: "OCPP 2.0.1 Part 2, G02",
  toEvent: () => ({ type: "Heartbeat" }),
  toResponse: (reply: HeartbeatReply) => ({ currentTime: formatInstant(reply.currentTime) }),
});
