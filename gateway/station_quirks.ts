/**
 * Messages of stations that do otherwise than the standard says, adapted before they are checked:
 * what lies behind the gateway sees one form (`schemas/quirks/README.md`).
 */
import { isObject } from "#schemas/command.ts";
import type { OcppProtocol, StationQuirks } from "#schemas/events/gateway.ts";
import { adaptPayload } from "#schemas/quirks/adapt.ts";
import { isOfMessages, noChoice, quirkOf, quirksInForce } from "#schemas/quirks/find.ts";
import type { Quirk } from "#schemas/quirks/quirk.ts";
import { type GatewayContext, type Line, logFrame } from "./context.ts";
import { type CallFrame, SEND } from "./frame.ts";

/** What a socket knows of its station; undefined = nothing out of the ordinary. */
export interface LineQuirks {
  readonly inForce: readonly Quirk[];
  readonly choice: Pick<StationQuirks, "on" | "off">;
}

/** As the actor knows them. */
export function grantedQuirks(granted: StationQuirks | undefined): LineQuirks | undefined {
  if (granted === undefined) return undefined;
  const inForce = granted.inForce.map(quirkOf).filter((quirk) => quirk !== undefined);
  return { inForce: inForce.filter(isOfMessages), choice: granted };
}

/** After a boot, which may tell of another build than before. */
export function bootQuirks(
  protocol: OcppProtocol,
  payload: unknown,
  before: LineQuirks | undefined,
): LineQuirks | undefined {
  const boot = isObject(payload) ? payload : {};
  const station = isObject(boot["chargingStation"]) ? boot["chargingStation"] : {};
  const build = {
    vendor: String(boot["chargePointVendor"] ?? station["vendorName"] ?? ""),
    model: String(boot["chargePointModel"] ?? station["model"] ?? ""),
    firmwareVersion: String(boot["firmwareVersion"] ?? station["firmwareVersion"] ?? ""),
  };
  const choice = before?.choice ?? noChoice;
  const inForce = quirksInForce(build, protocol, choice).filter(isOfMessages);
  return inForce.length === 0 && before === undefined ? undefined : { inForce, choice };
}

/** The frame as it was meant. One that came otherwise stands in the OCPP log as it came. */
export function adaptedFrame(
  context: GatewayContext,
  line: Line,
  { inForce }: LineQuirks,
  frame: CallFrame,
): CallFrame {
  const { action, payload, payloadText, messageId } = frame;
  const { protocol } = line;
  const meant = adaptPayload(inForce, { protocol, action, payload }, context.clock.now());
  if (meant === payload) return frame;
  context.counts.hit("quirk", line.identity, action);
  logFrame(context, line, {
    direction: "in",
    messageType: frame.type === SEND ? "SEND" : "CALL",
    action,
    messageId,
    payload: payloadText,
  });
  return { ...frame, payload: meant, payloadText: JSON.stringify(meant), sentText: payloadText };
}
