/** Core: transactions that happened while the station was offline (OCPP 1.6J, 3.7, 3.8 and 4.8). */
import { conformanceCase } from "../conformance_case.ts";
import { startTransaction, stopTransaction } from "../transaction_16.ts";
import { acceptedStart, sessionCode } from "./charging.ts";

const HOUR_MS = 3_600_000;

/** So long ago, in whole seconds, as stations tell it. */
function ago(ms: number): Date {
  return new Date(Math.floor((Date.now() - ms) / 1_000) * 1_000);
}

function isInstant(expected: Date): (value: unknown) => boolean {
  return (value) => Date.parse(String(value)) === expected.getTime();
}

conformanceCase({ version: "1.6", id: "TC_037_1", in: sessionCode }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();
  const at = ago(HOUR_MS);
  await station.cut();
  await station.connect();

  const started = await startTransaction(station, { idTag: token.uid, at });

  acceptedStart(c, started);
  await c.sessionIs(station, {
    status: "open",
    transactionId: String(started.transactionId),
    startedAt: isInstant(at),
    token: { uid: token.uid },
  });
});

conformanceCase({ version: "1.6", id: "TC_037_3", in: sessionCode }, async (c) => {
  const station = await c.newStation();
  const at = ago(HOUR_MS);
  await station.cut();
  await station.connect();

  const started = await startTransaction(station, { idTag: "NOBODYSCARD", at });
  c.match("the tag is Invalid, and there is a number to stop by", started, {
    transactionId: (id: unknown) => typeof id === "number" && id > 0,
    idTagInfo: { status: "Invalid" },
  });
  const stopped = await stopTransaction(station, {
    transactionId: started.transactionId,
    meterStop: 1_600,
    reason: "DeAuthorized",
  });

  c.equal("the stop is answered", stopped, {});
  await c.sessionIs(station, {
    status: "closed",
    stopReason: "DeAuthorized",
    energyWh: 600,
    startedAt: isInstant(at),
    flags: ["unauthorised"],
  });
});

conformanceCase({ version: "1.6", id: "TC_039", in: sessionCode }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();
  const [startedAt, endedAt] = [ago(2 * HOUR_MS), ago(HOUR_MS)];
  await station.cut();
  await station.connect();

  const started = await startTransaction(station, { idTag: token.uid, at: startedAt });
  acceptedStart(c, started);
  const stop = {
    transactionId: started.transactionId,
    meterStop: 12_000,
    reason: "Local",
    idTag: token.uid,
    at: endedAt,
  };
  const stopped = await stopTransaction(station, stop);
  const again = await stopTransaction(station, stop);

  c.match("the stop is answered Accepted", stopped, { idTagInfo: { status: "Accepted" } });
  c.equal("the same stop once more has the same answer", again, stopped);
  await c.sessionIs(station, {
    status: "closed",
    transactionId: String(started.transactionId),
    startedAt: isInstant(startedAt),
    endedAt: isInstant(endedAt),
    energyWh: 11_000,
    stopReason: "Local",
    flags: [],
  });
  c.equal("they are one session", (await c.sessionsOf(station)).length, 1);
});
