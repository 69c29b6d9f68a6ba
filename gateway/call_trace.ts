import { type GatewayContext, type Line } from "./context.ts";
import type { Frame } from "./frame.ts";

/** A CALL with its trace, which began when the socket gave it (`readAt`, monotonic); others pass. */
export function traced(
  { tracer }: GatewayContext,
  { identity, protocol }: Line,
  frame: Frame,
  readAt: number,
): Frame {
  if (tracer === undefined || !("payloadText" in frame)) return frame;
  const { action, messageId } = frame;
  const trace = tracer.begin(action, readAt, {
    "ocpp.station": identity,
    "ocpp.protocol": protocol,
    "ocpp.action": action,
    "ocpp.message_id": messageId,
  });
  trace.stage("receive", "internal", readAt);
  trace.stage("validate");
  return { ...frame, trace };
}
