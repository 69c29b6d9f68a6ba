import type { BootReply } from "#schemas/events/station.ts";
import { formatInstant } from "#schemas/instant.ts";
import { defineMessage } from "#schemas/message.ts";

interface Request {
  readonly chargePointVendor: string;
  readonly chargePointModel: string;
  readonly chargePointSerialNumber?: string;
  readonly chargeBoxSerialNumber?: string;
  readonly firmwareVersion?: string;
}

export const BootNotification = defineMessage({
  action: "BootNotification",
  specification: "OCPP 1.6J, 4.2",
  toEvent: (request: Request) => ({
    type: "BootNotification",
    vendor: request.chargePointVendor,
    model: request.chargePointModel,
    // chargeBoxSerialNumber is the deprecated name of the same number.
    serialNumber: request.chargePointSerialNumber ?? request.chargeBoxSerialNumber ?? null,
    firmwareVersion: request.firmwareVersion ?? null,
    reason: null,
  }),
  toResponse: (reply: BootReply) => ({
    currentTime: formatInstant(reply.currentTime),
    interval: reply.interval,
    status: reply.status,
  }),
});
