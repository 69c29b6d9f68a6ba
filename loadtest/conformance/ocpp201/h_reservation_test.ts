/** Block H, reservations: OCPP 2.0.1 Part 2, H01 to H04. */
import { conformanceCase } from "../conformance_case.ts";
import type { CaseToken, ConformanceRun } from "../conformance_run.ts";
import type { Payload } from "../recording.ts";
import {
  cancel,
  connectorsAre,
  groupOfTwo,
  inAnHour,
  reservationCode,
  reservationIs,
  reserve,
} from "../reservation_case.ts";
import type { ScriptedStation } from "../scripted_station.ts";
import { Transaction2x } from "../transaction_2x.ts";

const used = [...reservationCode, "schemas/ocpp201/transaction_event.ts"];
const updated = [...reservationCode, "schemas/ocpp201/reservation_status_update.ts"];

interface Wish {
  readonly token: CaseToken;
  readonly evseId?: number;
  readonly connectorType?: string;
  readonly groupId?: string;
  readonly status?: string;
}

async function reserveFor(
  c: ConformanceRun,
  station: ScriptedStation,
  wish: Wish,
): Promise<number> {
  const { token, groupId, status = "Accepted" } = wish;
  const expiresAt = inAnHour();
  const place: Payload = {
    ...(wish.evseId === undefined ? {} : { evseId: wish.evseId }),
    ...(wish.connectorType === undefined ? {} : { connectorType: wish.connectorType }),
  };
  const group = groupId === undefined ? {} : { groupId };
  const groupIdToken = { idToken: groupId, type: "Central" };
  return await reserve(c, station, {
    terms: { ...place, tokenUid: token.uid, ...group, expiresAt },
    call: {
      expiryDateTime: expiresAt,
      idToken: token.idToken,
      ...place,
      ...(groupId === undefined ? {} : { groupIdToken }),
    },
    status,
  });
}

/** The token is presented, then charges with the reservation's number. */
async function useIt(
  c: ConformanceRun,
  station: ScriptedStation,
  words: { readonly id: number; readonly token: CaseToken; readonly evseId?: number },
): Promise<void> {
  const { id: reservationId, token, evseId = 1 } = words;
  const transaction = new Transaction2x(station, { evseId });
  const start = transaction.payload("Started", "Authorized", {
    idToken: token.idToken,
    chargingState: "EVConnected",
    wh: 1_000,
  });
  const answer = await station.call("TransactionEvent", { ...start, reservationId });
  c.match("the event with the reservation is answered Accepted", answer, {
    idTokenInfo: { status: "Accepted" },
  });
  await c.status(station, evseId, "Occupied");
  const { id: sessionId } = await c.sessionIs(station, {
    evseId,
    token: { uid: token.uid },
    transactionId: transaction.id,
    status: "open",
  });
  await reservationIs(c, reservationId, { status: "used", sessionId });
  await transaction.updated("ChargingStateChanged", { chargingState: "Charging" });
  await transaction.ended("StopAuthorized", { stoppedReason: "Local", wh: 1_500 });
  await c.status(station, evseId, "Available");
  await c.sessionIs(station, { status: "closed", energyWh: 500 });
  await reservationIs(c, reservationId, { status: "used", sessionId });
}

async function update(
  c: ConformanceRun,
  station: ScriptedStation,
  words: { readonly id: number; readonly status: "Expired" | "Removed" },
): Promise<void> {
  const answer = await station.call("ReservationStatusUpdate", {
    reservationId: words.id,
    reservationUpdateStatus: words.status,
  });
  c.equal(`ReservationStatusUpdate ${words.status} is answered`, answer, {});
}

conformanceCase({ version: "2.0.1", id: "TC_H_01", in: used }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();

  const id = await reserveFor(c, station, { token, evseId: 1 });
  await c.status(station, 1, "Reserved");
  await connectorsAre(c, station, ["Reserved"]);
  const answer = await station.call("Authorize", { idToken: token.idToken });

  c.match("the token is accepted", answer, { idTokenInfo: { status: "Accepted" } });
  await useIt(c, station, { id, token });
});

conformanceCase({ version: "2.0.1", id: "TC_H_07", in: updated }, async (c) => {
  const station = await c.newStation();
  const id = await reserveFor(c, station, { token: await c.newToken(), evseId: 1 });
  await c.status(station, 1, "Reserved");

  await update(c, station, { id, status: "Expired" });
  await c.status(station, 1, "Available");

  await reservationIs(c, id, { status: "expired" });
  await connectorsAre(c, station, ["Available"]);
});

conformanceCase({ version: "2.0.1", id: "TC_H_08", in: used }, async (c) => {
  const station = await c.newStation({ evses: 2 });
  const token = await c.newToken();

  const id = await reserveFor(c, station, { token });
  await reservationIs(c, id, { status: "accepted", evseId: null });

  await useIt(c, station, { id, token, evseId: 2 });
});

conformanceCase({ version: "2.0.1", id: "TC_H_14", in: used }, async (c) => {
  const station = await c.newStation({ evses: 2 });
  const tokens = [await c.newToken(), await c.newToken()] as const;

  const first = await reserveFor(c, station, { token: tokens[0] });
  const second = await reserveFor(c, station, { token: tokens[1] });
  for (const evseId of [1, 2]) {
    // deno-lint-ignore no-await-in-loop -- one CALL in flight
    await c.status(station, evseId, "Reserved");
  }

  c.ok("each has a number of its own", first !== second);
  await connectorsAre(c, station, ["Reserved", "Reserved"]);
  await useIt(c, station, { id: second, token: tokens[1], evseId: 1 });
  await reservationIs(c, first, { status: "accepted" });
});

conformanceCase({ version: "2.0.1", id: "TC_H_15", in: used }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();

  const id = await reserveFor(c, station, { token, connectorType: "cType2" });
  await reservationIs(c, id, { status: "accepted", evseId: null, connectorType: "cType2" });
  await c.status(station, 1, "Reserved");

  await useIt(c, station, { id, token });
});

conformanceCase({ version: "2.0.1", id: "TC_H_17", in: reservationCode }, async (c) => {
  const station = await c.newStation();
  const id = await reserveFor(c, station, { token: await c.newToken(), evseId: 1 });
  await c.status(station, 1, "Reserved");

  await cancel(c, station, { id, status: "Accepted" });
  await c.status(station, 1, "Available");

  await reservationIs(c, id, { status: "cancelled" });
  await connectorsAre(c, station, ["Available"]);
});

conformanceCase({ version: "2.0.1", id: "TC_H_19", in: used }, async (c) => {
  const station = await c.newStation();
  const [owner, friend, groupId] = await groupOfTwo(c);

  const id = await reserveFor(c, station, { token: owner, evseId: 1, groupId });
  await c.status(station, 1, "Reserved");
  const answer = await station.call("Authorize", { idToken: friend.idToken });

  c.match("another token of the group is told its group", answer, {
    idTokenInfo: { status: "Accepted", groupIdToken: { idToken: groupId, type: "Central" } },
  });
  await useIt(c, station, { id, token: friend });
});

conformanceCase({ version: "2.0.1", id: "TC_H_20", in: updated }, async (c) => {
  const station = await c.newStation();
  const id = await reserveFor(c, station, { token: await c.newToken(), evseId: 1 });
  await c.status(station, 1, "Reserved");

  await c.status(station, 1, "Faulted");
  await update(c, station, { id, status: "Removed" });

  await reservationIs(c, id, { status: "cancelled", detail: "The station removed it" });
  await connectorsAre(c, station, ["Faulted"]);
});

conformanceCase({ version: "2.0.1", id: "TC_H_22", in: reservationCode }, async (c) => {
  const station = await c.newStation();

  const id = await reserveFor(c, station, {
    token: await c.newToken(),
    evseId: 1,
    status: "Rejected",
  });

  await reservationIs(c, id, { status: "rejected", detail: "It said Rejected" });
  await connectorsAre(c, station, ["Available"]);
});
