/** Whole sessions by OCPP clients that others wrote: what they find wrong is our fault. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { RPCClient } from "ocpp-rpc";
import { OcppClient } from "ocpp-ts";
import type { SessionView } from "../platform_rest.ts";
import { startTestPlatform, type TestPlatform } from "./test_platform.ts";

const startedAt = "2026-03-01T10:00:00.000Z";
const meteredAt = "2026-03-01T10:30:00.000Z";
const endedAt = "2026-03-01T11:00:00.000Z";
const startWh = 4_321_000;
const energyWh = 11_040;
const token = "FOREIGN1";

let platform: TestPlatform;

before(async () => {
  platform = await startTestPlatform();
  await platform.rest.importStations(
    ["RPC16", "RPC201", "RPC21", "SAMENUMBER", "TS16"].map((id) => ({
      id,
      securityProfile: 0,
      quiet: false,
    })),
  );
  await platform.rest.importTokens([{ uid: token, status: "Accepted", concurrentSessions: 0 }]);
});
after(() => platform.close());

/** Right energy, reason and times, as any REST client sees them. */
async function assertSession(
  stationId: string,
  expected: Partial<SessionView>,
): Promise<void> {
  const session = await platform.session(stationId, ({ status }) => status === "closed");
  assert.deepEqual(
    {
      energyWh: session.energyWh,
      meterStartWh: session.meterStartWh,
      meterStopWh: session.meterStopWh,
      startedAt: Date.parse(session.startedAt),
      endedAt: Date.parse(session.endedAt ?? ""),
      evseId: session.evseId,
      token: session.token?.uid,
      stopReason: session.stopReason,
      transactionId: session.transactionId,
    },
    {
      energyWh,
      meterStartWh: startWh,
      meterStopWh: startWh + energyWh,
      startedAt: Date.parse(startedAt),
      endedAt: Date.parse(endedAt),
      evseId: 1,
      token,
      stopReason: expected.stopReason,
      transactionId: expected.transactionId,
    },
  );
}

/**
 * A client of ocpp-rpc in strict mode: it refuses whatever breaks the official schemas, both ways.
 * It cannot be strict about 2.1, whose schema names it does not find.
 */
async function withRpcClient(
  identity: string,
  protocol: string,
  run: (client: RPCClient) => Promise<void>,
): Promise<void> {
  const client = new RPCClient(
    {
      endpoint: platform.ocppUrl,
      identity,
      protocols: [protocol],
      strictMode: ["ocpp1.6", "ocpp2.0.1"],
      reconnect: false,
    } as unknown as ConstructorParameters<typeof RPCClient>[0],
  );
  const faults: unknown[] = [];
  client.on("strictValidationFailure", (fault: unknown) => faults.push(fault));
  client.on("badMessage", (fault: unknown) => faults.push(fault));
  // Asked for the platform's own reasons; this client has nothing to tell.
  client.handle(() => Promise.reject(new Error("nothing here")));
  await client.connect();
  try {
    await run(client);
    assert.deepEqual(faults, []);
  } finally {
    await client.close({});
  }
}

test("ocpp-rpc, strict, OCPP 1.6: a whole session", () =>
  withRpcClient("RPC16", "ocpp1.6", async (client) => {
    const boot = await client.call("BootNotification", {
      chargePointVendor: "Mikuso",
      chargePointModel: "RPC",
    });
    assert.equal(Reflect.get(Object(boot), "status"), "Accepted");
    await client.call("StatusNotification", {
      connectorId: 1,
      errorCode: "NoError",
      status: "Preparing",
    });
    await client.call("Authorize", { idTag: token });
    const start = await client.call("StartTransaction", {
      connectorId: 1,
      idTag: token,
      meterStart: startWh,
      timestamp: startedAt,
    });
    const transactionId: number = Reflect.get(Object(start), "transactionId");
    await client.call("MeterValues", {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: meteredAt, sampledValue: [{ value: String(startWh + 5_520) }] }],
    });
    await client.call("StopTransaction", {
      idTag: token,
      meterStop: startWh + energyWh,
      timestamp: endedAt,
      transactionId,
      reason: "EVDisconnected",
    });
    await assertSession("RPC16", {
      stopReason: "EVDisconnected",
      transactionId: String(transactionId),
    });
  }));

/** `numbers`: the seqNo of its three messages. */
function wholeSession2x(
  identity: string,
  protocol: string,
  numbers: readonly number[],
): Promise<void> {
  return withRpcClient(identity, protocol, async (client) => {
    const boot = await client.call("BootNotification", {
      reason: "PowerUp",
      chargingStation: { model: "RPC", vendorName: "Mikuso" },
    });
    assert.equal(Reflect.get(Object(boot), "status"), "Accepted");
    const idToken = { idToken: token, type: "ISO14443" };
    const authorised = await client.call("Authorize", { idToken });
    const info = Reflect.get(Object(authorised), "idTokenInfo");
    assert.equal(Reflect.get(Object(info), "status"), "Accepted");
    const transactionId = `${identity}-transaction`;
    const readings = [
      ["Started", "Authorized", startedAt, startWh],
      ["Updated", "MeterValuePeriodic", meteredAt, startWh + 5_520],
      ["Ended", "StopAuthorized", endedAt, startWh + energyWh],
    ] as const;
    for (const [index, [eventType, triggerReason, timestamp, value]] of readings.entries()) {
      // deno-lint-ignore no-await-in-loop -- in order
      await client.call("TransactionEvent", {
        eventType,
        triggerReason,
        timestamp,
        seqNo: numbers[index],
        transactionInfo: {
          transactionId,
          ...(eventType === "Ended" ? { stoppedReason: "Local" } : {}),
        },
        ...(eventType === "Started" ? { idToken, evse: { id: 1, connectorId: 1 } } : {}),
        meterValue: [{ timestamp, sampledValue: [{ value }] }],
      });
    }
    await assertSession(identity, { stopReason: "Local", transactionId });
  });
}

for (const [identity, protocol] of [["RPC201", "ocpp2.0.1"], ["RPC21", "ocpp2.1"]] as const) {
  test(`ocpp-rpc, ${protocol}: a whole session`, () =>
    wholeSession2x(identity, protocol, [0, 1, 2]));
}

test("a station that gives all its messages the same number is billed like any other", () =>
  wholeSession2x("SAMENUMBER", "ocpp2.0.1", [0, 0, 0]));

test("ocpp-ts, OCPP 1.6: a whole session, stopped by remote command", async () => {
  const client = new OcppClient("TS16");
  const connected = new Promise<void>((resolve, reject) => {
    client.on("connect", resolve);
    client.on("error", reject);
  });
  const stopped = Promise.withResolvers<number>();
  client.on("RemoteStopTransaction", (request, answer) => {
    answer({ status: "Accepted" });
    stopped.resolve(request.transactionId);
  });
  client.connect(`${platform.ocppUrl}/`);
  await connected;
  await client.callRequest("BootNotification", {
    chargePointVendor: "TS",
    chargePointModel: "16",
  });
  const { transactionId } = await client.callRequest("StartTransaction", {
    connectorId: 1,
    idTag: token,
    meterStart: startWh,
    timestamp: startedAt,
  });
  const open = await platform.session("TS16", ({ status }) => status === "open");
  await platform.rest.json("POST", "/api/v1/stations/TS16/commands/remote-stop", {
    sessionId: open.id,
  });
  assert.equal(await stopped.promise, transactionId);
  await client.callRequest("StopTransaction", {
    meterStop: startWh + energyWh,
    timestamp: endedAt,
    transactionId,
    reason: "Remote",
  });
  // It cannot hang up by itself: the platform's end closes its socket.
  await assertSession("TS16", { stopReason: "Remote", transactionId: String(transactionId) });
});
