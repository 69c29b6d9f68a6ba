import assert from "node:assert/strict";
import { test } from "node:test";
import { type OutgoingCall } from "#schemas/command.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { checkRequest } from "#schemas/ocpp_schemas.ts";
import { limitItem } from "#schemas/station_limits.ts";
import type { StationItem } from "#schemas/station_items.ts";
import { wordsOf } from "./define.ts";
import { type StationCommandKind, stationCommands } from "./mod.ts";

/** Worded, and each CALL checked against the official schema. */
function words(
  protocol: OcppProtocol,
  kind: StationCommandKind,
  body: unknown,
  items: readonly StationItem[] = [],
): readonly OutgoingCall[] {
  const calls = wordsOf(stationCommands[kind], body, {
    protocol,
    tokenType: "ISO14443",
    tokenGroupId: null,
    requestId: 7,
    now: 0,
    items,
    transactionOf: () => assert.fail("no command of variables has a transaction"),
  });
  for (const { action, payload } of calls) {
    assert.equal(checkRequest(protocol, action, payload, "sent"), undefined);
  }
  return calls;
}

function refused(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    assert.ok(thrown instanceof PlatformError, String(thrown));
    return thrown.kind;
  }
  return "none";
}

const outcome = (kind: StationCommandKind, response: unknown): string =>
  stationCommands[kind].toOutcome?.(response).status ?? "by status";

const threshold = { component: "OCPPCommCtrlr", variable: "OfflineThreshold" };

for (const protocol of ["ocpp2.0.1", "ocpp2.1"] as const) {
  test(`variables in the words of ${protocol}, keys in the order of the tables`, () => {
    const connector = {
      component: "Connector",
      instance: "a",
      evseId: 2,
      connectorId: 1,
      variable: "Current",
      variableInstance: "L1",
      attribute: "Target",
    };
    assert.equal(
      JSON.stringify(words(protocol, "get-variables", { variables: [threshold, connector] })),
      JSON.stringify([{
        action: "GetVariables",
        payload: {
          getVariableData: [
            {
              component: { name: "OCPPCommCtrlr" },
              variable: { name: "OfflineThreshold" },
            },
            {
              attributeType: "Target",
              component: { name: "Connector", instance: "a", evse: { id: 2, connectorId: 1 } },
              variable: { name: "Current", instance: "L1" },
            },
          ],
        },
      }]),
    );
    assert.equal(
      JSON.stringify(
        words(protocol, "set-variables", { variables: [{ ...connector, value: "16" }] }),
      ),
      JSON.stringify([{
        action: "SetVariables",
        payload: {
          setVariableData: [{
            attributeType: "Target",
            attributeValue: "16",
            component: { name: "Connector", instance: "a", evse: { id: 2, connectorId: 1 } },
            variable: { name: "Current", instance: "L1" },
          }],
        },
      }]),
    );
  });
}

test("1.6 keys are variables without a component, each set by a CALL of its own", () => {
  const keys = [{ variable: "HeartbeatInterval" }, {
    component: "Configuration",
    variable: "MeterValueSampleInterval",
  }];
  assert.deepEqual(words("ocpp1.6", "get-variables", { variables: keys }), [{
    action: "GetConfiguration",
    payload: { key: ["HeartbeatInterval", "MeterValueSampleInterval"] },
  }]);
  const variables = keys.map((key, index) => ({ ...key, value: String(index) }));
  assert.deepEqual(words("ocpp1.6", "set-variables", { variables }), [
    { action: "ChangeConfiguration", payload: { key: "HeartbeatInterval", value: "0" } },
    { action: "ChangeConfiguration", payload: { key: "MeterValueSampleInterval", value: "1" } },
  ]);
  assert.equal(
    refused(() => words("ocpp1.6", "get-variables", { variables: [threshold] })),
    "unsupported",
  );
  assert.equal(
    refused(() => words("ocpp2.0.1", "get-variables", { variables: keys })),
    "missing-field",
  );
  const long = [{ variable: "A", value: "x".repeat(501) }];
  assert.equal(
    refused(() => words("ocpp1.6", "set-variables", { variables: long })),
    "invalid-value",
  );
});

test("no request holds more variables or bytes than the station takes, nor more keys", () => {
  const at = { at: 1, source: "report" } as const;
  const name = { component: "DeviceDataCtrlr", variableInstance: "GetVariables" };
  const four = limitItem({ ...name, variable: "ItemsPerMessage" }, { value: "4", ...at });
  const bytes = limitItem({ ...name, variable: "BytesPerMessage" }, { value: "200", ...at });
  const variables = ["A", "B", "C", "D", "E"].map((variable) => ({ component: "X", variable }));
  const sizes = (calls: readonly OutgoingCall[], field: string): readonly number[] =>
    calls.map(({ payload }) => (payload[field] as readonly unknown[]).length);

  const get = words("ocpp2.0.1", "get-variables", { variables }, [four]);
  assert.deepEqual(sizes(get, "getVariableData"), [4, 1]);
  const small = words("ocpp2.0.1", "get-variables", { variables }, [four, bytes]);
  assert.ok(small.every(({ payload }) => JSON.stringify(payload).length <= 200));
  assert.equal(sizes(small, "getVariableData").reduce((sum, count) => sum + count), 5);

  const keys = limitItem({ variable: "GetConfigurationMaxKeys" }, { value: "2", ...at });
  const keyed = variables.map(({ variable }) => ({ variable }));
  const asked = words("ocpp1.6", "get-variables", { variables: keyed }, [keys]);
  assert.deepEqual(sizes(asked, "key"), [2, 2, 1]);
});

test("secrets are no variables to set, and none is set twice in one request", () => {
  const set = (protocol: OcppProtocol, ...variables: readonly object[]): string =>
    refused(() => words(protocol, "set-variables", { variables }));
  assert.equal(set("ocpp1.6", { variable: "AuthorizationKey", value: "x" }), "invalid-value");
  const password = { component: "SecurityCtrlr", variable: "basicAuthPassword", value: "x" };
  assert.equal(set("ocpp2.0.1", password), "invalid-value");
  const one = { ...threshold, value: "1" };
  const sameInOtherCase = { ...one, variable: "offlineTHRESHOLD", value: "2" };
  assert.equal(set("ocpp2.0.1", one, sameInOtherCase), "invalid-value");
  assert.equal(set("ocpp2.0.1", one, { ...one, attribute: "Target" }), "none");
});

test("reports: a base, or criteria and subjects; 1.6 gives all its keys", () => {
  assert.deepEqual(words("ocpp2.0.1", "get-report", { base: "Full" }), [{
    action: "GetBaseReport",
    payload: { requestId: 7, reportBase: "FullInventory" },
  }]);
  const body = { criteria: ["Problem"], variables: [{ component: "EVSE", evseId: 1 }, threshold] };
  assert.equal(
    JSON.stringify(words("ocpp2.0.1", "get-report", body)[0]?.payload),
    JSON.stringify({
      requestId: 7,
      componentCriteria: ["Problem"],
      componentVariable: [
        { component: { name: "EVSE", evse: { id: 1 } } },
        { component: { name: "OCPPCommCtrlr" }, variable: { name: "OfflineThreshold" } },
      ],
    }),
  );
  assert.equal(refused(() => words("ocpp2.0.1", "get-report", {})), "missing-field");
  const both = { base: "Full", criteria: ["Active"] };
  assert.equal(refused(() => words("ocpp2.0.1", "get-report", both)), "invalid-value");
  assert.deepEqual(words("ocpp1.6", "get-report", { base: "Full" }), [
    { action: "GetConfiguration", payload: {} },
  ]);
  assert.equal(
    refused(() => words("ocpp1.6", "get-report", { criteria: ["Active"] })),
    "unsupported",
  );
  const limit = limitItem(
    { component: "DeviceDataCtrlr", variable: "ItemsPerMessage", variableInstance: "GetReport" },
    { value: "1", at: 1, source: "answer" },
  );
  assert.equal(refused(() => words("ocpp2.0.1", "get-report", body, [limit])), "invalid-value");
});

test("monitors are worded, split by the station's limits, and unknown to 1.6", () => {
  const monitor = { ...threshold, type: "Delta", value: 1, severity: 8 };
  assert.equal(
    JSON.stringify(words("ocpp2.0.1", "set-monitoring", {
      monitors: [{ ...monitor, id: 3, transaction: false }],
    })),
    JSON.stringify([{
      action: "SetVariableMonitoring",
      payload: {
        setMonitoringData: [{
          id: 3,
          transaction: false,
          value: 1,
          type: "Delta",
          severity: 8,
          component: { name: "OCPPCommCtrlr" },
          variable: { name: "OfflineThreshold" },
        }],
      },
    }]),
  );
  const limit = limitItem(
    {
      component: "MonitoringCtrlr",
      variable: "ItemsPerMessage",
      variableInstance: "ClearVariableMonitoring",
    },
    { value: "2", at: 1, source: "report" },
  );
  assert.deepEqual(words("ocpp2.0.1", "clear-monitoring", { ids: [1, 2, 3] }, [limit]), [
    { action: "ClearVariableMonitoring", payload: { id: [1, 2] } },
    { action: "ClearVariableMonitoring", payload: { id: [3] } },
  ]);
  assert.deepEqual(
    words("ocpp2.0.1", "get-monitoring-report", {
      criteria: ["DeltaMonitoring"],
      variables: [{ component: "EVSE" }],
    })[0]?.payload,
    {
      requestId: 7,
      monitoringCriteria: ["DeltaMonitoring"],
      componentVariable: [{ component: { name: "EVSE" } }],
    },
  );
  assert.deepEqual(words("ocpp2.0.1", "get-monitoring-report", {})[0]?.payload, { requestId: 7 });
  assert.deepEqual(words("ocpp2.0.1", "set-monitoring-level", { severity: 4 })[0]?.payload, {
    severity: 4,
  });
  assert.deepEqual(words("ocpp2.1", "set-monitoring-base", { base: "All" })[0]?.payload, {
    monitoringBase: "All",
  });
  const bodies = {
    "set-monitoring": { monitors: [monitor] },
    "clear-monitoring": { ids: [1] },
    "get-monitoring-report": {},
    "set-monitoring-level": { severity: 1 },
    "set-monitoring-base": { base: "All" },
  } as const;
  for (const kind of Object.keys(bodies) as (keyof typeof bodies)[]) {
    assert.equal(refused(() => words("ocpp1.6", kind, bodies[kind])), "unsupported", kind);
  }
});

test("what a station answers is an acceptance only when it refused nothing", () => {
  const set = (...statuses: readonly string[]): string =>
    outcome("set-variables", {
      setVariableResult: statuses.map((attributeStatus) => ({ attributeStatus })),
    });
  assert.equal(set("Accepted", "RebootRequired"), "accepted");
  assert.equal(set("Accepted", "Rejected"), "rejected");
  assert.equal(set("SomethingNew"), "rejected");
  assert.equal(outcome("set-variables", { status: "RebootRequired" }), "accepted");
  assert.equal(outcome("set-variables", { status: "NotSupported" }), "rejected");
  assert.equal(outcome("set-variables", {}), "rejected");
  assert.equal(outcome("get-variables", { configurationKey: [{ key: "A" }] }), "accepted");
  const unknown = { configurationKey: [], unknownKey: ["B"] };
  assert.equal(outcome("get-variables", unknown), "rejected");
  assert.equal(outcome("get-report", { status: "EmptyResultSet" }), "accepted");
  assert.equal(outcome("get-report", { status: "NotSupported" }), "rejected");
  assert.equal(outcome("get-report", { configurationKey: [] }), "accepted");
  const cleared = (status: string): string =>
    outcome("clear-monitoring", { clearMonitoringResult: [{ status, id: 1 }] });
  assert.deepEqual(["Accepted", "NotFound", "Rejected"].map(cleared), [
    "accepted",
    "accepted",
    "rejected",
  ]);
});
