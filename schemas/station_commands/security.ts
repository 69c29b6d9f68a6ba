import { Type } from "@sinclair/typebox";

import { defineStationCommand, type StationCommand } from "./define.ts";

const printable = "^[^\\u0000-\\u001f\\u007f]+$";
const NAME_LENGTH_MAX = 255;
const MESSAGE_LENGTH_MAX = 50;

const DataTransfer = Type.Object({
  vendorId: Type.String({ minLength: 1, maxLength: NAME_LENGTH_MAX, pattern: printable }),
  messageId: Type.Optional(
    Type.String({ minLength: 1, maxLength: MESSAGE_LENGTH_MAX, pattern: printable }),
  ),
  data: Type.Optional(Type.Unknown({ description: "1.6 sends what is no text as JSON" })),
}, { additionalProperties: false, title: "DataTransfer" });

export const securityCommands = {
  /** OCPP 2.0.1 Part 2, P01; OCPP 1.6J, 5.6. */
  "data-transfer": defineStationCommand({
    summary: "Sends the station what its vendor has beside the standard",
    body: DataTransfer,
    isIdempotent: false,
    to16: ({ vendorId, messageId, data }) => ({
      action: "DataTransfer",
      payload: {
        vendorId,
        ...(messageId === undefined ? {} : { messageId }),
        ...(data === undefined
          ? {}
          : { data: typeof data === "string" ? data : JSON.stringify(data) }),
      },
    }),
    to2: ({ vendorId, messageId, data }) => ({
      action: "DataTransfer",
      payload: {
        ...(messageId === undefined ? {} : { messageId }),
        ...(data === undefined ? {} : { data }),
        vendorId,
      },
    }),
  }),
} as const satisfies Record<string, StationCommand>;
