/** Block E: what is still queued at the station (OCPP 2.0.1 Part 2, E14). */
import { conformanceCase } from "../conformance_case.ts";
import { charging, closedSession, endsWith, sessionCode } from "./charging.ts";

const statusCode = ["api/routes/calls.ts", "actors/charger/commands.ts", ...sessionCode];

conformanceCase({ version: "2.0.1", id: "TC_E_29", in: statusCode }, async (c) => {
  const ongoing = await charging(c);
  const { station, transaction } = ongoing;
  const queued = [1_100, 1_200].map((wh) =>
    transaction.payload("Updated", "MeterValuePeriodic", { wh, offline: true })
  );
  await station.cut();
  await station.connect();

  await c.operate(
    station,
    "GetTransactionStatus",
    { transactionId: transaction.id },
    { ongoingIndicator: true, messagesInQueue: true },
  );
  for (const event of queued) {
    // deno-lint-ignore no-await-in-loop -- one CALL in flight
    const answer = await station.call("TransactionEvent", event);
    c.equal("a queued event is answered", answer, {});
  }

  await c.sessionIs(station, { status: "open", energyWh: 200 });
  await endsWith(c, ongoing, { trigger: "EVCommunicationLost", stoppedReason: "EVDisconnected" });
});

conformanceCase({ version: "2.0.1", id: "TC_E_30", in: statusCode }, async (c) => {
  const ongoing = await charging(c);
  const { station, transaction } = ongoing;

  await c.operate(
    station,
    "GetTransactionStatus",
    { transactionId: transaction.id },
    { ongoingIndicator: true, messagesInQueue: false },
  );

  await c.sessionIs(station, { status: "open", transactionId: transaction.id });
});

conformanceCase({ version: "2.0.1", id: "TC_E_31", in: statusCode }, async (c) => {
  const ongoing = await charging(c);
  const { station, transaction } = ongoing;
  await station.cut();
  const ended = transaction.payload("Ended", "EVCommunicationLost", {
    chargingState: "Idle",
    stoppedReason: "EVDisconnected",
    offline: true,
    wh: 1_600,
  });
  await station.connect();

  await c.operate(
    station,
    "GetTransactionStatus",
    { transactionId: transaction.id },
    { ongoingIndicator: false, messagesInQueue: true },
  );
  await c.sessionIs(station, { status: "open" });
  c.equal("the queued end is answered", await station.call("TransactionEvent", ended), {});

  await c.sessionIs(station, closedSession(ongoing, "EVDisconnected", 1_600));
});

conformanceCase({ version: "2.0.1", id: "TC_E_33", in: statusCode }, async (c) => {
  const ongoing = await charging(c);
  const { station, transaction } = ongoing;
  await station.cut();
  const ended = transaction.payload("Ended", "EVCommunicationLost", {
    chargingState: "Idle",
    stoppedReason: "EVDisconnected",
    offline: true,
    wh: 1_600,
  });
  await station.connect();

  await c.operate(station, "GetTransactionStatus", {}, { messagesInQueue: true });
  c.equal("the queued end is answered", await station.call("TransactionEvent", ended), {});

  await c.sessionIs(station, closedSession(ongoing, "EVDisconnected", 1_600));
});

conformanceCase({ version: "2.0.1", id: "TC_E_34", in: statusCode }, async (c) => {
  const station = await c.newStation();

  await c.operate(station, "GetTransactionStatus", {}, { messagesInQueue: false });

  c.equal("the station has no session", await c.sessionsOf(station), []);
});
