import { type ChargerBlock, Part } from "../block.ts";
import { fieldOf, type Payload, present, textField } from "../dialect.ts";
import type { Station } from "../station.ts";

/** Of the last messages of a known vendor. */
const RECEIVED_MAX = 50;

export interface VendorMessage {
  readonly vendorId: string;
  readonly messageId: string;
  readonly data: unknown;
}

/** What vendors' messages have told this charger, oldest first. */
export const vendorMessages = new Part((): VendorMessage[] => []);

/** Messages by vendor; an echo for whoever tries the line, costs as in 1.6 they are worded. */
const vendors: Readonly<Record<string, readonly string[]>> = {
  "org.statewatt": ["echo"],
  "org.openchargealliance.costmsg": ["SetUserPrice", "RunningCost", "FinalCost"],
};

function transfer(station: Station, payload: Payload): Payload {
  const vendorId = textField(payload, "vendorId") ?? "";
  const messages = Object.hasOwn(vendors, vendorId) ? vendors[vendorId] : undefined;
  if (messages === undefined) return { status: "UnknownVendorId" };
  const messageId = textField(payload, "messageId") ?? "";
  if (!messages.includes(messageId)) return { status: "UnknownMessageId" };
  const data = fieldOf(payload, "data");
  const received = vendorMessages.of(station);
  received.push({ vendorId, messageId, data });
  if (received.length > RECEIVED_MAX) received.shift();
  return present({ status: "Accepted", data: messageId === "echo" ? data : undefined });
}

export const dataTransferBlock: ChargerBlock = {
  answers16: { DataTransfer: transfer },
  answers2x: { DataTransfer: transfer },
};
