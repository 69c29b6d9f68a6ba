/** Block I: what a session costs, told while it runs and at its end (I02, I03). */
import { randomUUID } from "node:crypto";
import { conformanceCase } from "../conformance_case.ts";
import type { ConformanceRun } from "../conformance_run.ts";
import type { ScriptedStation } from "../scripted_station.ts";
import { Transaction2x } from "../transaction_2x.ts";
import { authorize, sessionCode } from "./charging.ts";

const code = [
  ...sessionCode,
  "actors/domain/energy_cost.ts",
  "schemas/ocpp201/transaction_event.ts",
  "api/station_settings.ts",
  "schemas/station_commands/general.ts",
];
const price = { currency: "EUR", perKwh: "0.30", taxIncluded: true };
const MINUTE_MS = 60_000;

/** A station at a place where energy has a price; what it costs is shown, so it is not quiet. */
async function pricedStation(c: ConformanceRun): Promise<ScriptedStation> {
  const id = `place-${randomUUID().slice(0, 8)}`;
  const created = await c.rest.post("/locations", {
    ...{ id, name: "At a price", timeZone: "UTC", energyPrice: price },
    coordinates: { latitude: 52, longitude: 5 },
  });
  c.equal("the operator sets a price for a place", created.status, 201);
  return await c.newStation({
    settings: { locationId: id, quiet: false },
    answers: { GetBaseReport: { status: "NotSupported" } },
  });
}

interface Running {
  readonly transaction: Transaction2x;
  /** Minutes after the start. */
  at(minutes: number): Date;
}

async function startedAt1000(c: ConformanceRun, station: ScriptedStation): Promise<Running> {
  const token = await c.newToken();
  const startedAt = Date.now() - 60 * MINUTE_MS;
  const at = (minutes: number): Date => new Date(startedAt + minutes * MINUTE_MS);
  const transaction = new Transaction2x(station);
  await authorize(c, station, token);
  await transaction.started("Authorized", {
    ...{ idToken: token.idToken, chargingState: "Charging", wh: 1_000, at: at(0), offline: true },
  });
  return { transaction, at };
}

conformanceCase({ version: "2.0.1", id: "TC_I_01", in: code }, async (c) => {
  const station = await pricedStation(c);
  const { transaction, at } = await startedAt1000(c, station);

  const first = await transaction.updated("MeterValuePeriodic", { wh: 2_000, at: at(10) });
  const second = await transaction.updated("MeterValuePeriodic", { wh: 3_500, at: at(25) });
  c.equal("each metering interval is answered with the cost so far", [first, second], [
    { totalCost: 0.3 },
    { totalCost: 0.75 },
  ]);
  const session = await c.sessionIs(station, { status: "open", cost: { amount: "0.75" } });

  const command = await c.command(station, "cost-updated", {
    sessionId: session.id,
    totalCost: 0.8,
  });
  const call = await station.expectCall("CostUpdated");
  c.equal("an operator can tell another cost", call.payload, {
    totalCost: 0.8,
    transactionId: transaction.id,
  });
  call.answer({});
  await c.commandIs(command, { status: "accepted", response: {} });
});

conformanceCase({ version: "2.0.1", id: "TC_I_02", in: code }, async (c) => {
  const station = await pricedStation(c);
  const { transaction, at } = await startedAt1000(c, station);
  const changed = await c.rest.patch(`/stations/${station.identity}`, {
    energyPrice: { ...price, perKwh: "9.99" },
  });
  c.equal("the price may change meanwhile", changed.status, 200);

  const end = await transaction.ended("EVCommunicationLost", {
    ...{ stoppedReason: "EVDisconnected", wh: 6_000, at: at(50) },
  });

  c.equal("5 kWh cost what they did when the session began", end, { totalCost: 1.5 });
  await c.sessionIs(station, {
    ...{ status: "closed", meterStartWh: 1_000, meterStopWh: 6_000, energyWh: 5_000, flags: [] },
    cost: { amount: "1.50", currency: "EUR" },
  });
});
