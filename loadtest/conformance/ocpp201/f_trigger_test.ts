/** Block F: triggered messages (OCPP 2.0.1 Part 2, F06). */
import { conformanceCase } from "../conformance_case.ts";
import type { ConformanceRun } from "../conformance_run.ts";
import type { Payload } from "../recording.ts";
import type { ScriptedStation } from "../scripted_station.ts";
import { registerReading } from "../transaction_2x.ts";
import { charging, sessionCode } from "./charging.ts";

const code = ["schemas/ocpp201/commands.ts", "actors/charger/commands.ts"];

/** A typed trigger that the station accepts; `expected` is the whole request. */
async function trigger(
  c: ConformanceRun,
  station: ScriptedStation,
  body: Payload,
  expected: Payload,
): Promise<void> {
  const command = await c.command(station, "trigger", body);
  const call = await station.expectCall("TriggerMessage");
  c.equal("the trigger names the message, and the EVSE only when asked", call.payload, expected);
  call.answer({ status: "Accepted" });
  await c.commandIs(command, { status: "accepted", response: { status: "Accepted" } });
}

conformanceCase({ version: "2.0.1", id: "TC_F_11", in: code }, async (c) => {
  const station = await c.newStation();

  await trigger(c, station, { message: "MeterValues", evseId: 1 }, {
    requestedMessage: "MeterValues",
    evse: { id: 1 },
  });

  const answer = await station.call("MeterValues", {
    evseId: 1,
    meterValue: [registerReading(1_000, "Trigger")],
  });
  c.equal("the values are answered", answer, {});
});

conformanceCase({ version: "2.0.1", id: "TC_F_12", in: code }, async (c) => {
  const station = await c.newStation({ evses: 2 });

  await trigger(c, station, { message: "MeterValues" }, { requestedMessage: "MeterValues" });

  for (const evseId of [1, 2]) {
    // deno-lint-ignore no-await-in-loop -- one CALL in flight
    const answer = await station.call("MeterValues", {
      evseId,
      meterValue: [registerReading(1_000, "Trigger")],
    });
    c.equal(`the values of EVSE ${evseId} are answered`, answer, {});
  }
});

conformanceCase({ version: "2.0.1", id: "TC_F_13", in: [...code, ...sessionCode] }, async (c) => {
  const { station, transaction } = await charging(c);

  await trigger(c, station, { message: "TransactionEvent", evseId: 1 }, {
    requestedMessage: "TransactionEvent",
    evse: { id: 1 },
  });
  const answer = await transaction.updated("Trigger", {
    chargingState: "Charging",
    wh: 1_200,
    context: "Trigger",
  });

  c.equal("the event is answered", answer, {});
  await c.sessionIs(station, { status: "open", state: "Charging", energyWh: 200 });
});

conformanceCase({ version: "2.0.1", id: "TC_F_14", in: [...code, ...sessionCode] }, async (c) => {
  const first = await charging(c, { evses: 2 });
  const second = await charging(c, { station: first.station, place: { evseId: 2 } });

  await trigger(c, first.station, { message: "TransactionEvent" }, {
    requestedMessage: "TransactionEvent",
  });
  for (const { transaction } of [first, second]) {
    // deno-lint-ignore no-await-in-loop -- one CALL in flight
    const answer = await transaction.updated("Trigger", {
      chargingState: "Charging",
      wh: 1_200,
      context: "Trigger",
    });
    c.equal(`the event of EVSE ${transaction.evseId} is answered`, answer, {});
  }

  await c.eventually("both sessions show the reading", async () => {
    c.match("the sessions", await c.sessionsOf(first.station), [
      { transactionId: second.transaction.id, status: "open", energyWh: 200 },
      { transactionId: first.transaction.id, status: "open", energyWh: 200 },
    ]);
  });
});

conformanceCase(
  { version: "2.0.1", id: "TC_F_15", in: [...code, "schemas/ocpp201/log_status_notification.ts"] },
  async (c) => {
    const station = await c.newStation();

    await trigger(c, station, { message: "LogStatusNotification" }, {
      requestedMessage: "LogStatusNotification",
    });

    const answer = await station.call("LogStatusNotification", { status: "Idle" });
    c.equal("Idle without a requestId is answered", answer, {});
  },
);

const firmwareCode = [...code, "schemas/ocpp201/firmware_status_notification.ts"];

conformanceCase({ version: "2.0.1", id: "TC_F_18", in: firmwareCode }, async (c) => {
  const station = await c.newStation();

  await trigger(c, station, { message: "FirmwareStatusNotification" }, {
    requestedMessage: "FirmwareStatusNotification",
  });

  const answer = await station.call("FirmwareStatusNotification", { status: "Idle" });
  c.equal("Idle without a requestId is answered", answer, {});
});

conformanceCase(
  { version: "2.0.1", id: "TC_F_20", in: [...code, "schemas/ocpp201/heartbeat.ts"] },
  async (c) => {
    const station = await c.newStation();

    await trigger(c, station, { message: "Heartbeat" }, { requestedMessage: "Heartbeat" });

    c.match("the heartbeat is answered with our time", await station.call("Heartbeat", {}), {
      currentTime: (at: unknown) => Math.abs(Date.parse(String(at)) - Date.now()) < 60_000,
    });
  },
);

const statusCode = [...code, "actors/charger/connectors.ts"];

for (
  const { id, status } of [
    { id: "TC_F_23", status: "Available" },
    { id: "TC_F_24", status: "Occupied" },
  ]
) {
  conformanceCase({ version: "2.0.1", id, in: statusCode }, async (c) => {
    const station = await c.newStation();
    if (status === "Occupied") await c.status(station, 1, status);

    await trigger(c, station, { message: "StatusNotification", evseId: 1 }, {
      requestedMessage: "StatusNotification",
      evse: { id: 1, connectorId: 1 },
    });
    await c.status(station, 1, status);

    await c.stationIs(station, { evses: [{ evseId: 1, connectors: [{ status }] }] });
  });
}

conformanceCase({ version: "2.0.1", id: "TC_F_27", in: code }, async (c) => {
  const station = await c.newStation();

  const command = await c.command(station, "trigger", { message: "SignV2GCertificate" });
  const call = await station.expectCall("TriggerMessage");
  call.answer({ status: "NotImplemented" });

  c.equal("the trigger goes out", call.payload, { requestedMessage: "SignV2GCertificate" });
  await c.commandIs(command, { status: "rejected", response: { status: "NotImplemented" } });
  await c.stationIs(station, { presence: { connected: true } });
});
