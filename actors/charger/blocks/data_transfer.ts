/**
 * What vendors say beside the standard (OCPP 2.0.1 Part 2, block P; OCPP 1.6J, 4.3). Whatever comes
 * is kept as an event of the station; a handler is what answers it otherwise.
 */
import { defineBlock, type HeardNotice } from "./block.ts";

export interface TransferReply {
  readonly status: "Accepted" | "Rejected" | "UnknownMessageId" | "UnknownVendorId";
  /** 1.6 has room for a text only. */
  readonly data?: unknown;
}

/** Answers by what the message says alone, so that a repeat is answered alike. */
export type TransferHandler = (data: unknown, notice: HeardNotice) => TransferReply;

/** By vendor, then by message; the message "" is one that names none. */
export type TransferHandlers = Readonly<Record<string, Readonly<Record<string, TransferHandler>>>>;

/** Here a vendor's messages are registered. */
export const transferHandlers: TransferHandlers = {};

/** Only a vendor that is known can have an unknown message. */
export function transferReply(handlers: TransferHandlers, notice: HeardNotice): TransferReply {
  const { vendorId, messageId = "", data = null } = notice.payload;
  const vendor = ownOf(handlers, vendorId);
  if (vendor === undefined) return { status: "UnknownVendorId" };
  const handler = ownOf(vendor, messageId);
  return handler === undefined ? { status: "UnknownMessageId" } : handler(data, notice);
}

function ownOf<Value>(table: Readonly<Record<string, Value>>, name: unknown): Value | undefined {
  return typeof name === "string" && Object.hasOwn(table, name) ? table[name] : undefined;
}

export const dataTransfer = defineBlock({
  name: "data-transfer",
  replies: { DataTransfer: (notice) => transferReply(transferHandlers, notice) },
});
