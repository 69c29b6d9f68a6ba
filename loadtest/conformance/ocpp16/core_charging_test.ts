/** Core: boot and charging sessions begun at the station (OCPP 1.6J, 4.1 to 4.10). */
import { conformanceCase } from "../conformance_case.ts";
import { bootNotification } from "../station_words.ts";
import { meterValues, startTransaction, stopTransaction } from "../transaction_16.ts";
import { acceptedStart, authorize, charging, sessionCode, starts, stops } from "./charging.ts";

const bootCode = ["schemas/ocpp16/boot_notification.ts", "actors/charger/registration.ts"];

conformanceCase({ version: "1.6", id: "TC_001", in: bootCode }, async (c) => {
  const station = await c.newStation({ boots: false });
  await station.connect();

  const boot = await station.call("BootNotification", bootNotification("ocpp1.6"));
  for (const connectorId of [0, 1, 2]) {
    // deno-lint-ignore no-await-in-loop -- one CALL in flight
    await c.status(station, connectorId, "Available");
  }
  const heartbeat = await station.call("Heartbeat", {});

  const now = (at: unknown): boolean => Math.abs(Date.parse(String(at)) - Date.now()) < 60_000;
  c.match("the boot is accepted with an interval and our time", boot, {
    status: "Accepted",
    interval: (seconds: unknown) => typeof seconds === "number" && seconds > 0,
    currentTime: now,
  });
  c.match("the heartbeat is answered with our time", heartbeat, { currentTime: now });
  await c.stationIs(station, {
    presence: { connected: true, protocol: "ocpp1.6" },
    boot: { vendor: "Conformance", model: "Scripted" },
  });
  await c.eventually("REST shows both connectors Available", async () => {
    const { body } = await c.rest.get(`/stations/${station.identity}`);
    const evses = Array.isArray(body["evses"]) ? body["evses"] : [];
    c.match(
      "connectors 1 and 2",
      evses.filter(({ evseId }) => evseId > 0),
      [1, 2].map((evseId) => ({ evseId, connectors: [{ status: "Available" }] })),
    );
  });
});

conformanceCase({ version: "1.6", id: "TC_003", in: sessionCode }, async (c) => {
  const ongoing = await charging(c);
  await meterValues(ongoing.station, 1, 1_300, ongoing.transactionId);
  await c.sessionIs(ongoing.station, { energyWh: 300 });

  await stops(c, ongoing, "Local");
});

conformanceCase({ version: "1.6", id: "TC_004_1", in: sessionCode }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();
  c.equal("Authorize is answered Accepted", await authorize(station, token.uid), "Accepted");
  await c.status(station, 1, "Preparing");

  const ongoing = await starts(c, station, token);

  await stops(c, ongoing, "Local");
});

conformanceCase(
  { version: "1.6", id: "TC_004_2", in: ["schemas/ocpp16/authorize.ts", ...sessionCode] },
  async (c) => {
    const station = await c.newStation();
    const token = await c.newToken();
    c.equal("Authorize is answered Accepted", await authorize(station, token.uid), "Accepted");
    await c.status(station, 1, "Preparing");

    await c.status(station, 1, "Available");

    await c.stationIs(station, {
      openSessions: [],
      evses: [{ evseId: 1, connectors: [{ status: "Available" }] }],
    });
    c.equal("no session came of it", await c.sessionsOf(station), []);
    acceptedStart(c, await startTransaction(station, { idTag: token.uid }));
  },
);

conformanceCase({ version: "1.6", id: "TC_005_1", in: sessionCode }, async (c) => {
  const ongoing = await charging(c);
  await c.status(ongoing.station, 1, "SuspendedEV");
  await c.sessionIs(ongoing.station, { status: "open", state: "SuspendedEV" });

  await stops(c, ongoing, "EVDisconnected");
});

conformanceCase({ version: "1.6", id: "TC_007", in: sessionCode }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();
  await c.status(station, 1, "Preparing");

  const ongoing = await starts(c, station, token);

  await stops(c, ongoing, "Local");
});

const tokenCode = ["schemas/ocpp16/authorize.ts", "actors/domain/authorisation.ts"];

conformanceCase({ version: "1.6", id: "TC_023_1", in: tokenCode }, async (c) => {
  const station = await c.newStation();

  c.equal("an unknown tag is Invalid", await authorize(station, "NOBODYSCARD"), "Invalid");
});

conformanceCase({ version: "1.6", id: "TC_023_2", in: tokenCode }, async (c) => {
  const station = await c.newStation();
  const expired = await c.newToken({ status: "Expired" });
  const ranOut = await c.newToken({ expiresAt: "2020-01-01T00:00:00Z" });

  c.equal("an expired tag is Expired", await authorize(station, expired.uid), "Expired");
  c.equal("one whose time ran out, too", await authorize(station, ranOut.uid), "Expired");
});

conformanceCase({ version: "1.6", id: "TC_023_3", in: tokenCode }, async (c) => {
  const station = await c.newStation();
  const blocked = await c.newToken({ status: "Blocked" });

  c.equal("a blocked tag is Blocked", await authorize(station, blocked.uid), "Blocked");
});

conformanceCase(
  {
    version: "1.6",
    id: "TC_024",
    in: ["schemas/ocpp16/status_notification.ts", "actors/charger/connectors.ts"],
  },
  async (c) => {
    const station = await c.newStation();

    const answer = await station.call("StatusNotification", {
      connectorId: 1,
      errorCode: "ConnectorLockFailure",
      status: "Faulted",
      timestamp: new Date().toISOString(),
    });

    c.equal("the fault is answered", answer, {});
    await c.stationIs(station, { evses: [{ evseId: 1, connectors: [{ status: "Faulted" }] }] });
    await c.eventually("an operator is told of the lock", async () => {
      const alerts = await c.rest.list(`/alerts?station=${station.identity}`);
      c.match("the alert", alerts, [{ kind: "faulted", status: "open" }]);
    });
  },
);

conformanceCase(
  { version: "1.6", id: "TC_032_1", in: [...bootCode, ...sessionCode] },
  async (c) => {
    const ongoing = await charging(c);
    const { station, token, transactionId } = ongoing;
    await station.cut();

    await station.connect();
    c.match("the boot is accepted", await c.boot(station), { status: "Accepted" });
    const stopped = await stopTransaction(station, {
      transactionId,
      meterStop: 1_600,
      reason: "PowerLoss",
    });

    c.equal("the stop is answered", stopped, {});
    await c.sessionIs(station, {
      status: "closed",
      stopReason: "PowerLoss",
      energyWh: 600,
      token: { uid: token.uid },
    });
    await c.stationIs(station, { openSessions: [] });
  },
);
