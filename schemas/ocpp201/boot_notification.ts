import type { BootReply } from "#schemas/events/station.ts";
import { formatInstant } from "#schemas/instant.ts";
import { defineMessage } from "#schemas/message.ts";

interface Request {
  readonly reason: string;
  readonly chargingStation: {
    readonly vendorName: string;
    readonly model: string;
    readonly serialNumber?: string;
    readonly firmwareVersion?: string;
  };
}

export const BootNotification = defineMessage({
  action: "BootNotification",
  specification: "OCPP 2.0.1 Part 2, B01",
  toEvent: ({ reason, chargingStation }: Request) => ({
    type: "BootNotification",
    vendor: chargingStation.vendorName,
    model: chargingStation.model,
    serialNumber: chargingStation.serialNumber ?? null,
    firmwareVersion: chargingStation.firmwareVersion ?? null,
    reason,
  }),
  toResponse: (reply: BootReply) => ({
    currentTime: formatInstant(reply.currentTime),
    interval: reply.interval,
    status: reply.status,
  }),
});
