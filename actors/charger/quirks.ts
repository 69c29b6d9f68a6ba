/** What is known of a station that does otherwise than the standard says. */
import type { GatewayOrder, SocketGranted, StationQuirks } from "#schemas/events/gateway.ts";
import { formatInstant } from "#schemas/instant.ts";
import { isOfMessages, quirksInForce } from "#schemas/quirks/find.ts";
import { learnedKey } from "#schemas/station_items.ts";
import type { ChargerContext } from "./context.ts";
import type { Turn } from "./turn.ts";

/** The answer to a gateway that announced a socket. */
export function grantedReply(context: ChargerContext, epoch: string): SocketGranted {
  const quirks = stationQuirks(context);
  const isPlain = quirks.inForce.length + quirks.on.length + quirks.off.length === 0;
  return isPlain ? { epoch } : { epoch, quirks };
}

/** Those that the gateway adapts messages by. */
function stationQuirks({ boot, protocol, quirks }: ChargerContext): StationQuirks {
  const inForce = quirksInForce(boot, protocol, quirks).filter(isOfMessages);
  return { inForce: inForce.map(({ id }) => id), on: quirks.on, off: quirks.off };
}

/** The gateway goes by what operators have just said. */
export function tellGateway(turn: Turn): void {
  const { context } = turn;
  if (context.link === null) return;
  const order: GatewayOrder = {
    order: "quirks",
    tenant: context.tenant,
    identity: context.stationId,
    epoch: context.link.epoch,
    quirks: stationQuirks(context),
  };
  turn.send(`gateway.${context.link.gateway}`, order);
}

/** Keeps what the station has shown, with when and why; seen again it is news again. */
export function learn(turn: Turn, key: string, why: string, more: object = {}): void {
  turn.keepItem("quirk", key, { at: formatInstant(turn.now), why, dismissedAt: null, ...more });
}

/** A session's meter went a thousandth of what its power says (rule M6). */
export function learnUnit(turn: Turn, sessionId: string): void {
  const why = `The meter of session ${sessionId} moved by a thousandth of what its power says`;
  learn(turn, learnedKey.energyUnit, why, { suggests: "kwh-as-wh" });
}
