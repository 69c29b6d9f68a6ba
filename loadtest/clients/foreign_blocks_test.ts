/** What REST makes of each block, as a client in strict mode hears it: it refuses what is wrong. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { RPCClient } from "ocpp-rpc";
import { CaseRest } from "../conformance/case_rest.ts";
import { startTestPlatform, type TestPlatform } from "./test_platform.ts";

type Payload = Readonly<Record<string, unknown>>;

let platform: TestPlatform;

before(async () => {
  platform = await startTestPlatform();
});
after(() => platform.close());

const accepted = { status: "Accepted" } as const;

/** Answers of a client that agrees to everything. */
const answers: Readonly<Record<string, Payload>> = {
  GetDiagnostics: { fileName: "log" },
  UpdateFirmware16: {},
  GetLocalListVersion: { listVersion: 3 },
  GetLocalListVersion2: { versionNumber: 3 },
  GetCompositeSchedule: { status: "Rejected" },
  UnlockConnector: { status: "Unlocked" },
};

function answerTo(action: string, params: Payload, is16: boolean): Payload {
  const list = params["setVariableData"] ?? params["getVariableData"];
  if (Array.isArray(list)) {
    const name = action === "SetVariables" ? "setVariableResult" : "getVariableResult";
    const result = list.map(({ component, variable }) => ({
      attributeStatus: "Accepted",
      ...(action === "GetVariables" ? { attributeValue: "1" } : {}),
      component,
      variable,
    }));
    return { [name]: result };
  }
  if (action === "GetConfiguration") return { configurationKey: [], unknownKey: [] };
  return answers[is16 ? `${action}16` : `${action}2`] ?? answers[action] ?? accepted;
}

const profile = {
  id: 5,
  stackLevel: 0,
  chargingProfilePurpose: "TxDefaultProfile",
  chargingProfileKind: "Absolute",
  chargingSchedule: [{
    id: 1,
    startSchedule: "2026-01-01T00:00:00Z",
    chargingRateUnit: "A",
    chargingSchedulePeriod: [{ startPeriod: 0, limit: 8.1 }],
  }],
} as const;

type Deed = readonly [kind: string, body: Payload];

const both: readonly Deed[] = [
  ["clear-cache", {}],
  ["get-local-list-version", {}],
  ["reserve", { reservationId: 9, evseId: 1, tokenUid: "A", expiresAt: "2030-01-01T00:00:00Z" }],
  ["cancel-reservation", { reservationId: 9 }],
  ["set-charging-profile", { evseId: 1, chargingProfile: profile }],
  ["clear-charging-profile", { chargingProfileId: 5 }],
  ["get-composite-schedule", { evseId: 1, durationSeconds: 60, unit: "A" }],
  ["update-firmware", { location: "http://files.example/fw.bin" }],
  ["get-log", { logType: "DiagnosticsLog", remoteLocation: "http://files.example/log" }],
  ["data-transfer", { vendorId: "org.example", messageId: "hello", data: "x" }],
  ["trigger", { message: "Heartbeat" }],
  ["unlock", { evseId: 1 }],
];
const variable = { component: "AuthCtrlr", variable: "Enabled" } as const;
const deeds: Readonly<Record<string, readonly Deed[]>> = {
  "ocpp1.6": [
    ...both,
    ["set-variables", { variables: [{ variable: "HeartbeatInterval", value: "60" }] }],
    ["get-variables", { variables: [{ variable: "HeartbeatInterval" }] }],
  ],
  "ocpp2.0.1": [
    ...both,
    ["set-variables", { variables: [{ ...variable, value: "true" }] }],
    ["get-variables", { variables: [variable] }],
    ["get-report", { base: "Summary" }],
    ["set-display-message", { id: 4, message: { content: "Hi" }, priority: "InFront" }],
    ["get-display-messages", {}],
    ["clear-display-message", { id: 4 }],
    ["get-charging-profiles", { purpose: "TxDefaultProfile" }],
    ["customer-information", { report: true, clear: false, tokenUid: "A" }],
    ["set-monitoring-level", { severity: 5 }],
    ["get-monitoring-report", {}],
  ],
};

for (const [protocol, list] of Object.entries(deeds)) {
  test(`ocpp-rpc, strict, ${protocol}: each block's commands keep to the schemas`, async () => {
    const identity = `BLOCKS-${protocol}`;
    await platform.rest.importStations([{ id: identity, securityProfile: 0, quiet: true }]);
    const client = new RPCClient(
      {
        endpoint: platform.ocppUrl,
        identity,
        protocols: [protocol],
        strictMode: true,
        reconnect: false,
      } as unknown as ConstructorParameters<typeof RPCClient>[0],
    );
    const faults: unknown[] = [];
    client.on("strictValidationFailure", (fault: unknown) => faults.push(fault));
    client.on("badMessage", (fault: unknown) => faults.push(fault));
    client.handle(({ method = "", params }) =>
      Promise.resolve(answerTo(method, Object(params), protocol === "ocpp1.6"))
    );
    await client.connect();
    const rest = new CaseRest(platform.rest);
    try {
      await client.call("BootNotification", bootOf(protocol));
      for (const [kind, body] of list) {
        // deno-lint-ignore no-await-in-loop -- one after the other
        const asked = await rest.post(`/stations/${identity}/commands/${kind}`, body);
        assert.equal(asked.status, 202, `${kind}: ${JSON.stringify(asked.body)}`);
        // deno-lint-ignore no-await-in-loop
        const status = await settled(rest, String(asked.body["id"]));
        assert.match(status, /^(accepted|rejected)$/, kind);
      }
      assert.deepEqual(faults, []);
    } finally {
      await client.close({});
    }
  });
}

function bootOf(protocol: string): Payload {
  return protocol === "ocpp1.6"
    ? { chargePointVendor: "Mikuso", chargePointModel: "RPC" }
    : { reason: "PowerUp", chargingStation: { model: "RPC", vendorName: "Mikuso" } };
}

/** The command's end, looked for during ten seconds. */
async function settled(rest: CaseRest, id: string): Promise<string> {
  for (let attempt = 0; attempt < 500; attempt++) {
    // deno-lint-ignore no-await-in-loop -- polling
    const { body } = await rest.get(`/commands/${id}`);
    const status = String(body["status"]);
    if (status !== "queued" && status !== "sent") return status;
    // deno-lint-ignore no-await-in-loop
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Cannot see that command ${id} has ended`);
}
