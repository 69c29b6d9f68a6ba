/** Block J: meter values, aligned to the clock and sampled, signed and not (J01, J02). */
import type { MeterValue } from "#schemas/rest/session.ts";
import { conformanceCase } from "../conformance_case.ts";
import type { ConformanceRun } from "../conformance_run.ts";
import { requireMatch } from "../match.ts";
import type { Payload } from "../recording.ts";
import type { ScriptedStation } from "../scripted_station.ts";
import { registerReading, Transaction2x } from "../transaction_2x.ts";
import { authorize, charging, closedSession, endsWith, sessionCode } from "./charging.ts";

const code = [
  "schemas/ocpp201/datatypes.ts",
  "actors/domain/register.ts",
  "actors/adapters/meter_value_projection.ts",
  ...sessionCode,
];
const outsideCode = ["schemas/ocpp201/meter_values.ts", "schemas/ocpp201/datatypes.ts"];

const signed = {
  signedMeterValue: {
    signedMeterData: "T0NNRnx7fXx7fQ==",
    signingMethod: "ECDSA-secp256r1-SHA256",
    encodingMethod: "OCMF",
    publicKey: "b2NhOmJhc2UxNjphc24xOg==",
  },
};

/** Waits until the session's meter values hold one like each of these. */
async function showsValues(
  c: ConformanceRun,
  station: ScriptedStation,
  expected: readonly Payload[],
): Promise<void> {
  const [session] = await c.sessionsOf(station);
  await c.eventually(`the session's meter values hold ${JSON.stringify(expected)}`, async () => {
    const items = await c.rest.list<MeterValue>(`/sessions/${session?.id}/meter-values`);
    for (const one of expected) {
      if (items.some((item) => isLike(item, one))) continue;
      throw new Error(`none is like ${JSON.stringify(one)}: ${JSON.stringify(items)}`);
    }
  });
}

function isLike(item: MeterValue, expected: Payload): boolean {
  try {
    requireMatch("", item, expected);
    return true;
  } catch {
    return false;
  }
}

const register = { measurand: "Energy.Active.Import.Register", unit: "Wh" };

conformanceCase({ version: "2.0.1", id: "TC_J_01", in: outsideCode }, async (c) => {
  const station = await c.newStation({ evses: 2 });

  for (const evseId of [1, 2]) {
    // deno-lint-ignore no-await-in-loop -- one CALL in flight
    const answer = await station.call("MeterValues", {
      evseId,
      meterValue: [registerReading(5_000 + evseId, "Sample.Clock")],
    });
    c.equal(`values of EVSE ${evseId} are answered`, answer, {});
  }

  c.equal("they make no session", await c.sessionsOf(station), []);
});

conformanceCase({ version: "2.0.1", id: "TC_J_02", in: code }, async (c) => {
  const { station, transaction } = await charging(c);

  const answer = await transaction.updated("MeterValueClock", {
    wh: 1_250,
    context: "Sample.Clock",
  });

  c.equal("the event is answered", answer, {});
  await c.sessionIs(station, { status: "open", energyWh: 250 });
  await showsValues(c, station, [{ ...register, context: "Sample.Clock", value: 1_250 }]);
});

conformanceCase({ version: "2.0.1", id: "TC_J_03", in: code }, async (c) => {
  const ongoing = await charging(c);
  const { station, transaction } = ongoing;
  const payload = transaction.payload("Ended", "EVCommunicationLost", {
    stoppedReason: "EVDisconnected",
  });

  const answer = await station.call("TransactionEvent", {
    ...payload,
    meterValue: [
      registerReading(1_200, "Sample.Clock"),
      registerReading(1_400, "Sample.Clock"),
      registerReading(1_600, "Transaction.End"),
    ],
  });

  c.equal("the event is answered", answer, {});
  await c.sessionIs(station, closedSession(ongoing, "EVDisconnected", 1_600));
  await showsValues(c, station, [
    { ...register, context: "Sample.Clock", value: 1_200 },
    { ...register, context: "Sample.Clock", value: 1_400 },
    { ...register, context: "Transaction.End", value: 1_600 },
  ]);
});

conformanceCase({ version: "2.0.1", id: "TC_J_04", in: [...code, ...outsideCode] }, async (c) => {
  const ongoing = await charging(c, { evses: 2 });
  const { station, transaction } = ongoing;

  const outside = await station.call("MeterValues", {
    evseId: 2,
    meterValue: [registerReading(5_000, "Sample.Clock", signed)],
  });
  const inside = await transaction.updated("MeterValueClock", {
    wh: 1_250,
    context: "Sample.Clock",
    sampled: signed,
  });

  c.equal("signed values outside of a transaction are answered", outside, {});
  c.equal("signed values in a transaction are answered", inside, {});
  await c.sessionIs(station, { status: "open", energyWh: 250 });
  await showsValues(c, station, [{ ...register, context: "Sample.Clock", value: 1_250 }]);
});

conformanceCase({ version: "2.0.1", id: "TC_J_07", in: code }, async (c) => {
  const ongoing = await charging(c);

  await c.sessionIs(ongoing.station, { meterStartWh: 1_000, energyWh: 0 });
  await showsValues(c, ongoing.station, [
    { ...register, context: "Transaction.Begin", value: 1_000 },
  ]);
});

conformanceCase({ version: "2.0.1", id: "TC_J_08", in: code }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();
  const transaction = new Transaction2x(station);
  await authorize(c, station, token);
  await transaction.started("Authorized", { idToken: token.idToken, evse: false });

  const answer = await transaction.updated("CablePluggedIn", {
    chargingState: "EVConnected",
    wh: 1_000,
    context: "Transaction.Begin",
  });

  c.equal("the event is answered", answer, {});
  await c.sessionIs(station, { meterStartWh: 1_000, evseId: 1, connectorId: 1 });
  await endsWith(c, { station, token, transaction }, {
    trigger: "EVCommunicationLost",
    stoppedReason: "EVDisconnected",
  });
});

conformanceCase({ version: "2.0.1", id: "TC_J_09", in: code }, async (c) => {
  const ongoing = await charging(c);
  const { station, transaction } = ongoing;

  for (const wh of [1_100, 1_200, 1_300]) {
    // deno-lint-ignore no-await-in-loop -- one CALL in flight
    const answer = await transaction.updated("MeterValuePeriodic", { wh });
    c.equal("an event with readings is answered", answer, {});
  }

  await c.sessionIs(station, { status: "open", energyWh: 300 });
  await showsValues(
    c,
    station,
    [1_100, 1_200, 1_300].map((value) => ({ ...register, context: "Sample.Periodic", value })),
  );
  await endsWith(c, ongoing, { trigger: "EVCommunicationLost", stoppedReason: "EVDisconnected" });
});

conformanceCase({ version: "2.0.1", id: "TC_J_10", in: code }, async (c) => {
  const ongoing = await charging(c);
  const { station, transaction } = ongoing;
  const payload = transaction.payload("Ended", "EVCommunicationLost", {
    stoppedReason: "EVDisconnected",
  });

  const answer = await station.call("TransactionEvent", {
    ...payload,
    meterValue: [
      registerReading(1_300, "Sample.Periodic"),
      registerReading(1_600, "Transaction.End"),
    ],
  });

  c.equal("the event is answered", answer, {});
  await c.sessionIs(station, closedSession(ongoing, "EVDisconnected", 1_600));
  await showsValues(c, station, [
    { ...register, context: "Sample.Periodic", value: 1_300 },
    { ...register, context: "Transaction.End", value: 1_600 },
  ]);
});

conformanceCase({ version: "2.0.1", id: "TC_J_11", in: code }, async (c) => {
  const ongoing = await charging(c);
  const { station, transaction } = ongoing;
  const periodic = await transaction.updated("MeterValuePeriodic", { wh: 1_250, sampled: signed });

  const ended = await transaction.ended("EVCommunicationLost", {
    stoppedReason: "EVDisconnected",
    wh: 1_600,
    sampled: signed,
  });

  c.equal("signed values of an update are answered", periodic, {});
  c.equal("signed values of the end are answered", ended, {});
  await c.sessionIs(station, closedSession(ongoing, "EVDisconnected", 1_600));
  await showsValues(c, station, [
    { ...register, context: "Sample.Periodic", value: 1_250 },
    { ...register, context: "Transaction.End", value: 1_600 },
  ]);
});
