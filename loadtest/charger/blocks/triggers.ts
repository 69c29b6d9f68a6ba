/** OCPP 1.6J, 5.17 and its security extension; OCPP 2.0.1 Part 2, F06. */
import type { ChargerBlock, Trigger } from "../block.ts";
import { numberField, objectField, type Payload, textField } from "../dialect.ts";
import type { Station } from "../station.ts";
import { blockTriggers } from "./block_triggers.ts";

function boot(station: Station): boolean {
  station.afterwards(() => station.link.bootAgain());
  return true;
}

function heartbeat(station: Station): boolean {
  station.reply({ action: "Heartbeat", payload: {} });
  return true;
}

const statuses: Trigger = (station, outlets) => {
  for (const { evseId, state } of outlets) {
    station.reply(station.dialect.status(evseId, state, station.now()));
  }
  return true;
};

const meterValues: Trigger = (station, outlets) => {
  station.afterwards(() => outlets.forEach((outlet) => station.charger.tellMeter(outlet)));
  return true;
};

const transactionEvents: Trigger = (station, outlets) => {
  const charging = outlets.filter((outlet) => outlet.transaction !== undefined);
  station.afterwards(() => charging.forEach((outlet) => station.charger.tellTransaction(outlet)));
  return charging.length > 0;
};

const basics: Readonly<Record<string, Trigger>> = {
  BootNotification: boot,
  Heartbeat: heartbeat,
  StatusNotification: statuses,
  MeterValues: meterValues,
};

function triggered(
  station: Station,
  payload: Payload,
  evseId: number | undefined,
): { readonly status: string } {
  const message = textField(payload, "requestedMessage") ?? "";
  const trigger = basics[message] ?? blockTriggers[message] ??
    (message === "TransactionEvent" && !station.is16 ? transactionEvents : undefined);
  if (trigger === undefined) return { status: "NotImplemented" };
  const outlets = station.charger.outlets.filter((one) => !evseId || one.evseId === evseId);
  const isDone = outlets.length > 0 && trigger(station, outlets);
  return { status: isDone ? "Accepted" : "Rejected" };
}

/** Messages that only one of both triggers of 1.6 can name. */
function triggered16(station: Station, payload: Payload): { readonly status: string } {
  return triggered(station, payload, numberField(payload, "connectorId"));
}

export const triggerBlock: ChargerBlock = {
  answers16: { TriggerMessage: triggered16, ExtendedTriggerMessage: triggered16 },
  answers2x: {
    TriggerMessage: (station, payload) =>
      triggered(station, payload, numberField(objectField(payload, "evse"), "id")),
  },
};
