/** Block E: every point where a transaction may begin (OCPP 2.0.1 Part 2, E01 to E04). */
import { conformanceCase } from "../conformance_case.ts";
import type { CaseToken, ConformanceRun } from "../conformance_run.ts";
import type { ScriptedStation } from "../scripted_station.ts";
import { Transaction2x } from "../transaction_2x.ts";
import { authorize, closedSession, endsWith, sessionCode } from "./charging.ts";

interface Begun {
  readonly station: ScriptedStation;
  readonly token: CaseToken;
  readonly transaction: Transaction2x;
}

async function before(c: ConformanceRun): Promise<Begun> {
  const station = await c.newStation();
  return { station, token: await c.newToken(), transaction: new Transaction2x(station) };
}

/** It charges now, and ends as any other. */
async function chargesAndEnds(c: ConformanceRun, begun: Begun): Promise<void> {
  const { station, transaction, token } = begun;
  await c.sessionIs(station, {
    transactionId: transaction.id,
    status: "open",
    state: "Charging",
    token: { uid: token.uid },
    evseId: 1,
    connectorId: 1,
  });
  await transaction.updated("MeterValuePeriodic", { wh: 1_350 });
  await c.sessionIs(station, { energyWh: 350 });
  await endsWith(c, begun, { trigger: "EVDeparted", stoppedReason: "EVDisconnected" });
}

function accepted(c: ConformanceRun, answer: unknown): void {
  c.match("the first event with the token is answered Accepted", answer, {
    idTokenInfo: { status: "Accepted" },
  });
}

conformanceCase({ version: "2.0.1", id: "TC_E_01", in: sessionCode }, async (c) => {
  const begun = await before(c);
  const { station, token, transaction } = begun;
  await c.status(station, 1, "Occupied");
  await authorize(c, station, token);

  const started = await transaction.started("ChargingStateChanged", {
    idToken: token.idToken,
    chargingState: "Charging",
    wh: 1_000,
  });

  accepted(c, started);
  await chargesAndEnds(c, begun);
});

conformanceCase({ version: "2.0.1", id: "TC_E_02", in: sessionCode }, async (c) => {
  const begun = await before(c);
  const { station, token, transaction } = begun;
  await authorize(c, station, token);
  await c.status(station, 1, "Occupied");

  const started = await transaction.started("ChargingStateChanged", {
    idToken: token.idToken,
    chargingState: "Charging",
    wh: 1_000,
  });

  accepted(c, started);
  await chargesAndEnds(c, begun);
});

conformanceCase({ version: "2.0.1", id: "TC_E_03", in: sessionCode }, async (c) => {
  const begun = await before(c);
  const { station, token, transaction } = begun;
  await c.status(station, 1, "Occupied");

  const plugged = await transaction.started("CablePluggedIn", {
    chargingState: "EVConnected",
    wh: 1_000,
  });
  c.equal("an event without a token is answered without one", plugged, {});
  await c.sessionIs(station, { status: "open", state: "EVConnected", token: null });
  await authorize(c, station, token);
  accepted(c, await transaction.updated("Authorized", { idToken: token.idToken }));
  await transaction.updated("ChargingStateChanged", { chargingState: "Charging" });

  await chargesAndEnds(c, begun);
});

conformanceCase({ version: "2.0.1", id: "TC_E_04", in: sessionCode }, async (c) => {
  const begun = await before(c);
  const { station, token, transaction } = begun;
  await authorize(c, station, token);

  accepted(
    c,
    await transaction.started("Authorized", {
      idToken: token.idToken,
      chargingState: "Idle",
      wh: 1_000,
    }),
  );
  await c.sessionIs(station, { status: "open", state: "Idle", token: { uid: token.uid } });
  await c.status(station, 1, "Occupied");
  await transaction.updated("CablePluggedIn", { chargingState: "EVConnected" });
  await transaction.updated("ChargingStateChanged", { chargingState: "Charging" });

  await chargesAndEnds(c, begun);
});

conformanceCase({ version: "2.0.1", id: "TC_E_09", in: sessionCode }, async (c) => {
  const begun = await before(c);
  const { station, transaction, token } = begun;
  await c.status(station, 1, "Occupied");

  await transaction.started("CablePluggedIn", { chargingState: "EVConnected", wh: 1_000 });

  await c.sessionIs(station, { status: "open", state: "EVConnected", token: null, energyWh: 0 });
  await authorize(c, station, token);
  accepted(
    c,
    await transaction.updated("Authorized", {
      idToken: token.idToken,
      chargingState: "EVConnected",
    }),
  );
  await transaction.updated("ChargingStateChanged", { chargingState: "Charging" });
  await chargesAndEnds(c, begun);
});

conformanceCase({ version: "2.0.1", id: "TC_E_10", in: sessionCode }, async (c) => {
  const begun = await before(c);
  const { station, transaction, token } = begun;
  await authorize(c, station, token);

  // The EVSE is not chosen yet: it is named when the cable is plugged in (E03, rule U4).
  accepted(
    c,
    await transaction.started("Authorized", {
      idToken: token.idToken,
      chargingState: "Idle",
      evse: false,
    }),
  );
  await c.sessionIs(station, { status: "open", evseId: null, connectorId: null });
  await c.status(station, 1, "Occupied");
  await transaction.updated("CablePluggedIn", {
    chargingState: "EVConnected",
    wh: 1_000,
    context: "Transaction.Begin",
  });
  await transaction.updated("ChargingStateChanged", { chargingState: "Charging" });

  await chargesAndEnds(c, begun);
});

conformanceCase({ version: "2.0.1", id: "TC_E_11", in: sessionCode }, async (c) => {
  const begun = await before(c);
  const { station, transaction, token } = begun;
  await c.status(station, 1, "Occupied");
  await authorize(c, station, token);

  const started = await transaction.started("SignedDataReceived", {
    idToken: token.idToken,
    chargingState: "EVConnected",
    wh: 1_000,
    sampled: {
      signedMeterValue: {
        signedMeterData: "T0NNRnx7fXx7fQ==",
        signingMethod: "ECDSA-secp256r1-SHA256",
        encodingMethod: "OCMF",
        publicKey: "b2NhOmJhc2UxNjphc24xOg==",
      },
    },
  });

  accepted(c, started);
  await transaction.updated("ChargingStateChanged", { chargingState: "Charging" });
  await chargesAndEnds(c, begun);
});

conformanceCase({ version: "2.0.1", id: "TC_E_12", in: sessionCode }, async (c) => {
  const begun = await before(c);
  const { station, transaction, token } = begun;

  const started = await transaction.started("EVDetected", { chargingState: "Idle", wh: 1_000 });

  c.equal("an event without a token is answered without one", started, {});
  await c.sessionIs(station, { status: "open", state: "Idle", token: null });
  await c.status(station, 1, "Occupied");
  await transaction.updated("CablePluggedIn", { chargingState: "EVConnected" });
  await authorize(c, station, token);
  accepted(c, await transaction.updated("Authorized", { idToken: token.idToken }));
  await transaction.updated("ChargingStateChanged", { chargingState: "Charging" });
  await chargesAndEnds(c, begun);
});

conformanceCase({ version: "2.0.1", id: "TC_E_38", in: sessionCode }, async (c) => {
  const begun = await before(c);
  const { station, transaction, token } = begun;
  await authorize(c, station, token);
  await c.status(station, 1, "Occupied");
  accepted(
    c,
    await transaction.started("CablePluggedIn", {
      idToken: token.idToken,
      chargingState: "EVConnected",
      wh: 1_000,
    }),
  );

  await transaction.updated("ChargingStateChanged", { chargingState: "SuspendedEV" });

  await c.sessionIs(station, { status: "open", state: "SuspendedEV", energyWh: 0 });
  await transaction.updated("ChargingStateChanged", { chargingState: "Charging" });
  await chargesAndEnds(c, begun);
});

conformanceCase({ version: "2.0.1", id: "TC_E_53", in: sessionCode }, async (c) => {
  const first = await before(c);
  const { station, token } = first;
  const second = new Transaction2x(station);
  await authorize(c, station, token);
  for (const transaction of [first.transaction, second]) {
    // deno-lint-ignore no-await-in-loop -- two successive transactions
    const started = await transaction.started("CablePluggedIn", {
      idToken: token.idToken,
      chargingState: "Charging",
      wh: 1_000,
    });
    accepted(c, started);
    // deno-lint-ignore no-await-in-loop
    await endsWith(c, { station, token, transaction }, {
      trigger: "EVDeparted",
      stoppedReason: "EVDisconnected",
    });
  }

  c.match(
    "both are sessions with their own energy, and neither lost its start",
    await c.sessionsOf(station),
    [second, first.transaction].map((transaction) =>
      closedSession({ transaction, token }, "EVDisconnected", 1_600)
    ),
  );
});
