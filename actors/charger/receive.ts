/** From a message to the charger's event, and back to the words of the station's version. */
import type { Delivery, PlainEvent } from "#engine/actor.ts";
import { stableHash } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { OcppCallHeader, OcppProtocol } from "#schemas/events/gateway.ts";
import { ocppProtocols } from "#schemas/events/gateway.ts";
import type { StationMessage } from "#schemas/message.ts";
import { stationMessages } from "./catalogue.ts";
import type { ChargerContext } from "./context.ts";
import { isTriggered } from "./triggers.ts";

/** What may be said to a charger besides OCPP. */
const told: ReadonlySet<string> = new Set([
  "station.register",
  "station.import",
  "station.change",
  "station.remove",
  "station.describe",
  "socket.authenticate",
  "socket.opened",
  "socket.closed",
  "socket.absent",
  "gateway.lost",
  "ocpp.answer",
  "call.request",
  "command.request",
  "block.order",
  "session.close-stale",
  "configuration.check",
  "alert.acknowledge",
  "alert.resolve",
]);

/** A second time they would be refused, and the first answer may have been lost. */
const doneOnce: ReadonlySet<string> = new Set(["station.register", "station.remove"]);

/**
 * The event that a message means.
 *
 * @throws {PlatformError} "unknown-action", "unsupported", or "forbidden" before the station is
 * accepted (rules B1, B2). `context` is undefined when a journal is read again: what stands there
 * was let in.
 */
export function receive(delivery: Delivery, context: ChargerContext | undefined): PlainEvent {
  const { header, body, now } = delivery;
  if (isCall(header)) {
    const message = messageOf(header);
    if (context !== undefined) admit(context, header.action, now);
    const { protocol, messageId, action, epoch } = header;
    const said = message.toEvent(body, now);
    const mark = stableHash(header.cause);
    return { ...said, protocol, messageId, action, epoch, receivedAt: now, mark };
  }
  if (!told.has(header.type)) {
    throw new PlatformError("unknown-action", `Cannot ask a charger: no "${header.type}"`);
  }
  const { messageId, epoch, socket } = header;
  return {
    ...(body as object),
    type: header.type,
    ...(doneOnce.has(header.type) ? { mark: stableHash(header.cause) } : {}),
    ...(header.type === "socket.closed" ? { epoch, socket } : {}),
    ...(header.type === "ocpp.answer" ? { messageId } : {}),
  };
}

/** The actor's reply in the words of the version that was spoken. */
export function render(reply: unknown, { header }: Delivery): unknown {
  return isCall(header) ? messageOf(header).toResponse(reply) : reply;
}

function isCall(header: Delivery["header"]): header is Delivery["header"] & OcppCallHeader {
  return header.type === "ocpp.call";
}

function messageOf({ protocol, action }: OcppCallHeader): StationMessage {
  const message = isProtocol(protocol) ? stationMessages[protocol][action] : undefined;
  if (message !== undefined) return message;
  throw new PlatformError("unknown-action", `Cannot answer ${action}: no such message`);
}

function isProtocol(text: string): text is OcppProtocol {
  return ocppProtocols.some((protocol) => protocol === text);
}

/** Before it is accepted a station may boot and send what it was asked for, nothing else. */
function admit(context: ChargerContext, action: string, now: number): void {
  if (context.createdAt === null) {
    throw new PlatformError("forbidden", `Cannot take ${action}: the station is not registered`);
  }
  const { registration } = context.settings;
  if (registration === "Accepted" || action === "BootNotification") return;
  if (registration === "Pending" && isTriggered(context, action, now)) return;
  throw new PlatformError(
    "forbidden",
    `Cannot take ${action}: the registration is ${registration}`,
  );
}
