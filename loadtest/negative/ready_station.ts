import assert from "node:assert/strict";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { connect, type TestStation } from "#gateway/testing.ts";

/** The token that every station's driver holds up. */
export const driverToken = "NEGATIVE1";

const startedAt = "2026-11-22T10:00:00.000Z";
const START_WH = 1_000_000;

/** A station that has booted, told its status and charges a car. */
export interface ReadyStation {
  readonly identity: string;
  readonly protocol: OcppProtocol;
  readonly station: TestStation;
  /** 1.6: the number that the platform gave. */
  readonly transactionId: number;
}

export interface Place {
  readonly ocppUrl: string;
  readonly identity: string;
  readonly protocol: OcppProtocol;
}

type Words = readonly (readonly [action: string, payload: Readonly<Record<string, unknown>>])[];

const words16: Words = [
  ["BootNotification", { chargePointVendor: "Negative", chargePointModel: "N16" }],
  ["StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Charging" }],
];

const words2: Words = [
  [
    "BootNotification",
    { reason: "PowerUp", chargingStation: { vendorName: "Negative", model: "N2" } },
  ],
  [
    "StatusNotification",
    { timestamp: startedAt, connectorStatus: "Occupied", evseId: 1, connectorId: 1 },
  ],
];

/** Connects; every CALL of the set-up must be answered by a CALLRESULT. */
export async function readyStation({ ocppUrl, identity, protocol }: Place): Promise<ReadyStation> {
  const port = Number(new URL(ocppUrl).port);
  const station = await connect({ port }, identity, { protocols: protocol });
  const is16 = protocol === "ocpp1.6";
  for (const [action, payload] of is16 ? words16 : words2) {
    // deno-lint-ignore no-await-in-loop -- one CALL at a time
    await answered(station, action, payload);
  }
  const start = is16
    ? await answered(station, "StartTransaction", {
      connectorId: 1,
      idTag: driverToken,
      meterStart: START_WH,
      timestamp: startedAt,
    })
    : await answered(station, "TransactionEvent", eventOf(identity, "Started", 0));
  const ready = { identity, protocol, station, transactionId: Number(start["transactionId"] ?? 0) };
  await tellMeter(ready, 0);
  return ready;
}

/** A meter value in the running transaction: `round` x 10 Wh more than at its start. */
export async function tellMeter(ready: ReadyStation, round: number): Promise<void> {
  const { identity, protocol, station, transactionId } = ready;
  const register = START_WH + 10 * round;
  if (protocol === "ocpp1.6") {
    const sampledValue = [{ value: String(register), context: "Sample.Periodic" }];
    const meterValue = [{ timestamp: instantOf(round), sampledValue }];
    await answered(station, "MeterValues", { connectorId: 1, transactionId, meterValue });
  } else {
    await answered(station, "TransactionEvent", eventOf(identity, "Updated", round + 1));
  }
}

/** Ends the transaction in the given round; its energy is 10 Wh for each. */
export async function endSession(ready: ReadyStation, round: number): Promise<void> {
  const { identity, protocol, station, transactionId } = ready;
  if (protocol === "ocpp1.6") {
    const meterStop = START_WH + 10 * round;
    const timestamp = instantOf(round);
    await answered(station, "StopTransaction", { transactionId, meterStop, timestamp });
  } else {
    await answered(station, "TransactionEvent", eventOf(identity, "Ended", round + 1));
  }
}

let calls = 0;

/** The payload of the answer; anything but a CALLRESULT fails the test. */
export async function answered(
  station: TestStation,
  action: string,
  payload: unknown,
): Promise<Readonly<Record<string, unknown>>> {
  const frame = await station.call(action, payload, `ready-${++calls}`);
  assert.equal(frame[0], 3, `${action}: ${JSON.stringify(frame)}`);
  return Object(frame[2]);
}

function eventOf(
  identity: string,
  eventType: "Started" | "Updated" | "Ended",
  seqNo: number,
): Readonly<Record<string, unknown>> {
  const round = Math.max(0, seqNo - 1);
  const context = { Started: "Transaction.Begin", Updated: "Sample.Periodic" } as const;
  const sampledValue = [{
    value: START_WH + 10 * round,
    context: eventType === "Ended" ? "Transaction.End" : context[eventType],
  }];
  return {
    eventType,
    timestamp: instantOf(round),
    triggerReason: eventType === "Started" ? "Authorized" : "MeterValuePeriodic",
    seqNo,
    transactionInfo: { transactionId: `tx-${identity}`, chargingState: "Charging" },
    ...(eventType === "Started"
      ? {
        evse: { id: 1, connectorId: 1 },
        idToken: { idToken: driverToken, type: "ISO14443" },
      }
      : {}),
    meterValue: [{ timestamp: instantOf(round), sampledValue }],
  };
}

/** Each round is a second later. */
function instantOf(round: number): string {
  return new Date(Date.parse(startedAt) + round * 1_000).toISOString();
}
