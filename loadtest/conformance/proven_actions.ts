import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { actionsOf } from "#schemas/ocpp_actions.ts";
import { judgeRequest, judgeResponse } from "#schemas/ocpp_schemas.ts";
import type { RecordedFrame } from "./recording.ts";

/**
 * The actions of a version that these frames show: a request and its CALLRESULT, both clean by the
 * official schema; for a SEND of 2.1 the request alone.
 */
export function provenActions(
  protocol: OcppProtocol,
  frames: readonly RecordedFrame[],
): ReadonlySet<string> {
  const proven = new Set<string>();
  const open = new Map<string, string>();
  for (const { station, protocol: spoken, from, frame } of frames) {
    if (frame === undefined || spoken !== protocol) continue;
    const [type, messageId] = frame;
    if (type === 3) {
      // The answer comes from the other side than its request.
      const key = `${station} ${from === "station" ? "platform" : "station"} ${messageId}`;
      const action = open.get(key);
      const direction = from === "station" ? "received" : "sent";
      if (action === undefined) continue;
      open.delete(key);
      if (judgeResponse(protocol, action, frame[2], direction) === "clean") proven.add(action);
      continue;
    }
    if (type !== 2 && type !== 6) continue;
    const action = String(frame[2]);
    const direction = from === "station" ? "received" : "sent";
    if (judgeRequest(protocol, action, frame[3], direction) !== "clean") continue;
    if (type === 2) open.set(`${station} ${from} ${messageId}`, action);
    else if (actionsOf(protocol).get(action)?.kind === "SEND") proven.add(action);
  }
  return proven;
}
