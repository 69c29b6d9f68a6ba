/**
 * The numbered rules on what stations say, as far as translation decides them; pairs are in
 * testdata.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { chargingStates, type IdTokenInfo, type StationEvent } from "./events/station.ts";
import { stationMessages16 } from "./ocpp16/mod.ts";
import { stationMessages201 } from "./ocpp201/mod.ts";
import { stationMessages21 } from "./ocpp21/mod.ts";

const now = 1_795_348_800_000;
const timestamp = "2026-11-22T11:00:00Z";
const at = now - 3_600_000;

type Payload = Readonly<Record<string, unknown>>;

// deno-lint-ignore no-explicit-any
function in16(action: string, payload: Payload): any {
  return stationMessages16[action]?.toEvent(payload, now);
}
// deno-lint-ignore no-explicit-any
function in2(action: string, payload: Payload): any {
  return stationMessages201[action]?.toEvent(payload, now);
}
function reply16(action: string, reply: unknown): unknown {
  return stationMessages16[action]?.toResponse(reply);
}
function reply2(action: string, reply: unknown): unknown {
  return stationMessages201[action]?.toResponse(reply);
}

const start16 = { connectorId: 1, idTag: "04A1", meterStart: 5, timestamp };
const stop16 = { transactionId: 7, meterStop: 9, timestamp };
const event2 = {
  eventType: "Updated",
  timestamp,
  triggerReason: "MeterValuePeriodic",
  seqNo: 4,
  transactionInfo: { transactionId: "7a1c" },
};

function info(
  status: string,
  groupId: string | null = null,
  expiresAt: string | null = null,
): IdTokenInfo {
  return { status, groupId, expiresAt };
}

test("rule B3: the boot answer carries the interval as given, 0 included, and the time", () => {
  for (const status of ["Accepted", "Pending", "Rejected"]) {
    const expected = { currentTime: "2026-11-22T12:00:00.000Z", interval: 0, status };
    assert.deepEqual(
      reply16("BootNotification", { status, currentTime: now, interval: 0 }),
      expected,
    );
    assert.deepEqual(
      reply2("BootNotification", { status, currentTime: now, interval: 0 }),
      expected,
    );
  }
});

test("rule T3: a start is answered with an id, whatever the token's status", () => {
  const words: Readonly<Record<string, string>> = {
    Accepted: "Accepted",
    Blocked: "Blocked",
    Expired: "Expired",
    Invalid: "Invalid",
    ConcurrentTx: "ConcurrentTx",
    Unknown: "Invalid",
    NoCredit: "Blocked",
    NotAllowedTypeEVSE: "Blocked",
    NotAtThisLocation: "Blocked",
    NotAtThisTime: "Blocked",
    Nonsense: "Invalid",
  };
  for (const [status, in16Words] of Object.entries(words)) {
    const answer = reply16("StartTransaction", { transactionId: "815", idTokenInfo: info(status) });
    assert.deepEqual(answer, { idTagInfo: { status: in16Words }, transactionId: 815 });
  }
  assert.throws(
    () => reply16("StartTransaction", { transactionId: null, idTokenInfo: null }),
    TypeError,
  );
});

test("rule T4: the station's timestamp counts; arrival stands in for an unreadable one", () => {
  assert.equal(in16("StartTransaction", start16).at, at);
  assert.equal(
    in16("StopTransaction", { ...stop16, timestamp: "2026-11-22T12:00:00+01:00" }).at,
    at,
  );
  assert.equal(in16("StopTransaction", { ...stop16, timestamp: "2026-11-22T11:00:00" }).at, at);
  assert.equal(in16("StopTransaction", { ...stop16, timestamp: "yesterday" }).at, now);
});

test("rule T5: a stop of transaction -1 or 0 is a stop like any other", () => {
  for (const transactionId of [-1, 0]) {
    const event = in16("StopTransaction", { ...stop16, transactionId });
    assert.equal(event.transactionId, String(transactionId));
    assert.equal(event.type, "TransactionEvent.Ended");
  }
  assert.deepEqual(reply16("StopTransaction", { transactionId: null, idTokenInfo: null }), {});
});

test("rule T6: a stop may lack idTag and reason; missing is Local, others stay as sent", () => {
  const event = in16("StopTransaction", stop16);
  assert.equal(event.stoppedReason, "Local");
  assert.equal(event.idToken, null);
  const odd = in16("StopTransaction", { ...stop16, reason: "VendorSpecial", idTag: "04A1" });
  assert.equal(odd.stoppedReason, "VendorSpecial");
  assert.deepEqual(odd.idToken, { uid: "04A1", type: null });
});

test("rule T7: meter values come with and without transaction; connector 0 is the main meter", () => {
  const meterValue = [{ timestamp, sampledValue: [{ value: "5" }] }];
  const free = in16("MeterValues", { connectorId: 0, meterValue });
  assert.deepEqual([free.evseId, free.connectorId, free.transactionId], [0, 0, null]);
  const bound = in16("MeterValues", { connectorId: 2, transactionId: 7, meterValue });
  assert.deepEqual([bound.evseId, bound.connectorId, bound.transactionId], [2, 1, "7"]);
});

test("rule U1: the transaction's id is the station's text, number or not", () => {
  const named = { ...event2, transactionInfo: { transactionId: "0007" } };
  assert.equal(in2("TransactionEvent", named).transactionId, "0007");
});

test("rule U4, rule U9: evse, idToken and reservation are there only when said", () => {
  const event = in2("TransactionEvent", event2);
  assert.deepEqual(
    [event.evseId, event.connectorId, event.idToken, event.reservationId],
    [null, null, null, null],
  );
  const full = in2("TransactionEvent", {
    ...event2,
    evse: { id: 2 },
    idToken: { idToken: "", type: "NoAuthorization" },
    reservationId: 0,
  });
  assert.deepEqual(
    [full.evseId, full.connectorId, full.idToken, full.reservationId],
    [2, null, { uid: "", type: "NoAuthorization" }, 0],
  );
});

test("rule U5: an offline event says so and keeps its time", () => {
  const event = in2("TransactionEvent", { ...event2, offline: true });
  assert.deepEqual([event.offline, event.at], [true, at]);
  assert.equal(in2("TransactionEvent", event2).offline, false);
});

test("rule U6: idTokenInfo is answered exactly when there is one, with its group", () => {
  assert.deepEqual(reply2("TransactionEvent", { transactionId: null, idTokenInfo: null }), {});
  const answer = reply2("TransactionEvent", {
    transactionId: null,
    idTokenInfo: info("Accepted", "FLEET-7"),
  });
  const groupIdToken = { idToken: "FLEET-7", type: "Central" };
  assert.deepEqual(answer, { idTokenInfo: { status: "Accepted", groupIdToken } });
});

test("rule U7: totalCost is answered when it is known, 0 included", () => {
  const reply = { transactionId: null, idTokenInfo: null };
  assert.deepEqual(reply2("TransactionEvent", { ...reply, totalCost: 0 }), { totalCost: 0 });
  assert.deepEqual(reply2("TransactionEvent", reply), {});
});

test("rule U8: no transaction event is refused by its translation", () => {
  const odd = { ...event2, triggerReason: "VendorSpecial", timestamp: "soon", meterValue: [] };
  assert.equal(in2("TransactionEvent", odd).triggerReason, "VendorSpecial");
});

test("rule U10: every charging state arrives as it is, whatever the trigger", () => {
  for (const chargingState of chargingStates) {
    const event = in2("TransactionEvent", {
      ...event2,
      transactionInfo: { transactionId: "7a1c", chargingState },
    });
    assert.equal(event.chargingState, chargingState);
  }
});

test("rule M1: what is left out is imported energy in Wh, periodic, at the outlet", () => {
  const expected = {
    at,
    measurand: "Energy.Active.Import.Register",
    phase: null,
    context: "Sample.Periodic",
    location: "Outlet",
    value: 5,
    unit: "Wh",
    signed: null,
  };
  const of16 = in16("MeterValues", {
    connectorId: 1,
    meterValue: [{ timestamp, sampledValue: [{ value: "5" }] }],
  });
  const of2 = in2("MeterValues", {
    evseId: 1,
    meterValue: [{ timestamp, sampledValue: [{ value: 5 }] }],
  });
  assert.deepEqual(of16.samples, [expected]);
  assert.deepEqual(of2.samples, [expected]);
});

test("rule M2: 1.6 values are decimal texts; what is none is left out and counted", () => {
  const texts = [
    "12",
    "-3.5",
    "+4",
    ".5",
    "7.",
    "1e3",
    " 8 ",
    "",
    "n/a",
    "0x10",
    "1,5",
    "NaN",
    "1e999",
  ];
  const event = in16("MeterValues", {
    connectorId: 1,
    meterValue: [{ timestamp, sampledValue: texts.map((value) => ({ value })) }],
  });
  const values = event.samples.map(({ value }: { value: number }) => value);
  assert.deepEqual(values, [12, -3.5, 4, 0.5, 7, 1_000, 8]);
  assert.equal(event.unreadable, 6);
});

test("rule M2: a 2.x multiplier is a power of ten, exact", () => {
  const event = in2("MeterValues", {
    evseId: 1,
    meterValue: [{
      timestamp,
      sampledValue: [
        { value: 1.1, unitOfMeasure: { unit: "kWh" } },
        { value: 11, unitOfMeasure: { multiplier: 2 } },
        { value: 1, unitOfMeasure: { multiplier: 400 } },
      ],
    }],
  });
  assert.deepEqual(event.samples.map(({ value }: { value: number }) => value), [1_100, 1_100]);
  assert.equal(event.unreadable, 1);
});

test("rule M3: a phase stays with its value, and its absence too", () => {
  const phases = ["L1", "L2-N", "L1-L2", undefined];
  const event = in16("MeterValues", {
    connectorId: 1,
    meterValue: [{ timestamp, sampledValue: phases.map((phase) => ({ value: "1", phase })) }],
  });
  const found = event.samples.map(({ phase }: { phase: string | null }) => phase);
  assert.deepEqual(found, ["L1", "L2-N", "L1-L2", null]);
});

test("rule M4, rule M5: contexts and interval measurands stay what they are", () => {
  const event = in16("StopTransaction", {
    ...stop16,
    transactionData: [{
      timestamp,
      sampledValue: [
        { value: "1", context: "Transaction.Begin" },
        { value: "2", context: "Transaction.End", measurand: "Energy.Active.Import.Interval" },
      ],
    }],
  });
  assert.equal(event.samples[0].context, "Transaction.Begin");
  assert.equal(event.samples[1].measurand, "Energy.Active.Import.Interval");
});

test("rule M6: Celcius and Celsius arrive as one unit", () => {
  const sampledValue = ["Celcius", "Celsius"].map((unit) => ({
    value: "20",
    unit,
    measurand: "Temperature",
  }));
  const event = in16("MeterValues", { connectorId: 1, meterValue: [{ timestamp, sampledValue }] });
  assert.deepEqual(event.samples.map(({ unit }: { unit: string }) => unit), ["Celsius", "Celsius"]);
});

test("a signed 1.6 value is kept byte for byte and is no reading of 0", () => {
  const signed = '{"signedMeterData":"T0NNRnw=","encodingMethod":"OCMF"}  ';
  const event = in16("StopTransaction", {
    ...stop16,
    transactionData: [{
      timestamp,
      sampledValue: [{ value: signed, format: "SignedData", context: "Transaction.End" }],
    }],
  });
  assert.deepEqual(event.samples, []);
  assert.equal(event.signedReadings[0].signed, signed);
});

test("rule S1: the nine statuses of 1.6 pass unchanged; connector 0 is the station", () => {
  const statuses = [
    "Available",
    "Preparing",
    "Charging",
    "SuspendedEVSE",
    "SuspendedEV",
    "Finishing",
    "Reserved",
    "Unavailable",
    "Faulted",
  ];
  for (const status of statuses) {
    const event = in16("StatusNotification", { connectorId: 3, errorCode: "NoError", status });
    assert.deepEqual([event.status, event.evseId, event.connectorId], [status, 3, 1]);
  }
  const station = in16("StatusNotification", {
    connectorId: 0,
    errorCode: "NoError",
    status: "Unavailable",
  });
  assert.deepEqual([station.evseId, station.connectorId], [0, 0]);
});

test("rule S2: Connector.AvailabilityState in NotifyEvent is a status, in 2.0.1 and 2.1", () => {
  const eventData = [{
    eventId: 1,
    timestamp,
    trigger: "Delta",
    actualValue: "Unavailable",
    eventNotificationType: "HardWiredNotification",
    component: { name: "Connector", evse: { id: 2, connectorId: 1 } },
    variable: { name: "AvailabilityState" },
  }];
  const expected: StationEvent = {
    type: "StatusReports",
    reports: [{
      type: "StatusNotification",
      evseId: 2,
      connectorId: 1,
      status: "Unavailable",
      at,
      errorCode: null,
      info: null,
    }],
  };
  for (const catalogue of [stationMessages201, stationMessages21]) {
    const request = { generatedAt: timestamp, seqNo: 0, eventData };
    assert.deepEqual(catalogue["NotifyEvent"]?.toEvent(request, now), expected);
  }
});

test("rule S4: a status carries the station's time, or null when it gave none", () => {
  const status = { connectorId: 1, errorCode: "NoError", status: "Available" };
  assert.equal(in16("StatusNotification", { ...status, timestamp }).at, at);
  assert.equal(in16("StatusNotification", status).at, null);
});
