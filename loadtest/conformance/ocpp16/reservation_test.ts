/** Reservations of 1.6: OCPP 1.6J, 5.2 and 5.13. */
import { conformanceCase } from "../conformance_case.ts";
import type { CaseToken, ConformanceRun } from "../conformance_run.ts";
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
import { startTransaction, stopTransaction } from "../transaction_16.ts";

const used = [...reservationCode, "schemas/ocpp16/start_transaction.ts"];

/** Reserves connector `connectorId` (0 = any) for the token. */
async function reserveFor(
  c: ConformanceRun,
  station: ScriptedStation,
  words: {
    readonly token: CaseToken;
    readonly connectorId?: number;
    readonly groupId?: string;
    readonly status?: string;
  },
): Promise<number> {
  const { token, connectorId = 1, groupId, status = "Accepted" } = words;
  const expiresAt = inAnHour();
  return await reserve(c, station, {
    terms: {
      ...(connectorId === 0 ? {} : { evseId: connectorId }),
      tokenUid: token.uid,
      ...(groupId === undefined ? {} : { groupId }),
      expiresAt,
    },
    call: {
      connectorId,
      expiryDate: expiresAt,
      idTag: token.uid,
      ...(groupId === undefined ? {} : { parentIdTag: groupId }),
    },
    status,
  });
}

/** The token charges on the connector with the reservation's number; REST shows who used it. */
async function useIt(
  c: ConformanceRun,
  station: ScriptedStation,
  words: { readonly id: number; readonly token: CaseToken; readonly connectorId?: number },
): Promise<void> {
  const { id: reservationId, token, connectorId = 1 } = words;
  await c.status(station, connectorId, "Preparing");
  const start = await startTransaction(station, { connectorId, idTag: token.uid, reservationId });
  c.match("the start is accepted", start, { idTagInfo: { status: "Accepted" } });
  await c.status(station, connectorId, "Charging");
  const { id: sessionId } = await c.sessionIs(station, {
    evseId: connectorId,
    token: { uid: token.uid },
    status: "open",
  });
  await reservationIs(c, reservationId, { status: "used", sessionId });
  const { transactionId } = start;
  await stopTransaction(station, { transactionId, meterStop: 1_500, reason: "Local" });
  await c.status(station, connectorId, "Finishing");
  await c.status(station, connectorId, "Available");
  await c.sessionIs(station, { status: "closed", energyWh: 500 });
  await reservationIs(c, reservationId, { status: "used", sessionId });
}

conformanceCase({ version: "1.6", id: "TC_046", in: used }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();

  const id = await reserveFor(c, station, { token });
  await c.status(station, 1, "Reserved");
  await connectorsAre(c, station, ["Reserved"]);
  const answer = await station.call("Authorize", { idTag: token.uid });

  c.match("the token is accepted", answer, { idTagInfo: { status: "Accepted" } });
  await useIt(c, station, { id, token });
});

conformanceCase({ version: "1.6", id: "TC_047", in: reservationCode }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();
  const expiresAt = new Date(Date.now() + 2_000).toISOString();

  const id = await reserve(c, station, {
    terms: { evseId: 1, tokenUid: token.uid, expiresAt },
    call: { connectorId: 1, expiryDate: expiresAt, idTag: token.uid },
    status: "Accepted",
  });
  await c.status(station, 1, "Reserved");
  await reservationIs(c, id, { status: "expired", expiresAt });
  await c.status(station, 1, "Available");

  c.ok("it expired no sooner than it was to", Date.now() >= Date.parse(expiresAt));
  await connectorsAre(c, station, ["Available"]);
});

const refusals = [
  ["TC_048_1", "Faulted"],
  ["TC_048_2", "Occupied"],
  ["TC_048_3", "Unavailable"],
  ["TC_048_4", "Rejected"],
] as const;

for (const [id, status] of refusals) {
  conformanceCase({ version: "1.6", id, in: reservationCode }, async (c) => {
    const station = await c.newStation();
    const token = await c.newToken();
    const now = { Faulted: "Faulted", Occupied: "Preparing", Unavailable: "Unavailable" };
    if (status !== "Rejected") await c.status(station, 1, now[status]);

    const refused = await reserveFor(c, station, { token, status });

    await reservationIs(c, refused, { detail: `It said ${status}` });
    const { body } = await c.rest.delete(`/reservations/${refused}`);
    c.match("there is nothing to cancel", body, { status: 409 });
  });
}

conformanceCase({ version: "1.6", id: "TC_049", in: used }, async (c) => {
  const station = await c.newStation({ evses: 2 });
  const token = await c.newToken();

  const id = await reserveFor(c, station, { token, connectorId: 0 });
  await reservationIs(c, id, { status: "accepted", evseId: null });

  await useIt(c, station, { id, token, connectorId: 2 });
});

conformanceCase({ version: "1.6", id: "TC_051", in: reservationCode }, async (c) => {
  const station = await c.newStation();
  const id = await reserveFor(c, station, { token: await c.newToken() });
  await c.status(station, 1, "Reserved");

  await cancel(c, station, { id, status: "Accepted" });
  await c.status(station, 1, "Available");

  await reservationIs(c, id, { status: "cancelled" });
  await connectorsAre(c, station, ["Available"]);
});

conformanceCase({ version: "1.6", id: "TC_052", in: reservationCode }, async (c) => {
  const station = await c.newStation();
  const id = await reserveFor(c, station, { token: await c.newToken() });

  await cancel(c, station, { id, status: "Rejected" });

  await reservationIs(c, id, {
    status: "accepted",
    cancellation: { status: "rejected", detail: "It said Rejected" },
  });
});

conformanceCase({ version: "1.6", id: "TC_053", in: used }, async (c) => {
  const station = await c.newStation();
  const [owner, friend, groupId] = await groupOfTwo(c);

  const id = await reserveFor(c, station, { token: owner, groupId });
  await c.status(station, 1, "Reserved");
  const answer = await station.call("Authorize", { idTag: friend.uid });

  c.equal("another token of the group is told its group", answer, {
    idTagInfo: { status: "Accepted", parentIdTag: groupId },
  });
  await useIt(c, station, { id, token: friend });
});
