import assert from "node:assert/strict";
import { test } from "node:test";
import { asked, car, type Scene, statusOf, told, withCharger } from "../charger_testing.ts";
import { fieldOf, listField, type Payload } from "../dialect.ts";
import { componentTree } from "./component_tree.ts";

const variable = (component: string, name: string, instance?: string): Payload => ({
  component: { name: component },
  variable: instance === undefined ? { name } : { name, instance },
});

async function get(scene: Scene, ...asked_: readonly Payload[]): Promise<readonly unknown[]> {
  const answer = await asked(scene, "GetVariables", { getVariableData: asked_ });
  return listField(answer, "getVariableResult")
    .map((one) => one["attributeValue"] ?? one["attributeStatus"]);
}

async function set(scene: Scene, one: Payload, attributeValue: string): Promise<unknown> {
  const setVariableData = [{ attributeValue, ...one }];
  const answer = await asked(scene, "SetVariables", { setVariableData });
  return listField(answer, "setVariableResult")[0]?.["attributeStatus"];
}

test("a charger has some eighty variables or more, no two of one name", () => {
  const names = componentTree(2).map((row) =>
    [
      row.component,
      row.componentInstance,
      row.evseId,
      row.connectorId,
      row.variable,
      row.variableInstance,
    ].join("/")
  );
  assert.ok(names.length >= 80, String(names.length));
  assert.equal(new Set(names).size, names.length);
});

test("variables are read and set, and what cannot be says so", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    const interval = variable("SampledDataCtrlr", "TxUpdatedInterval");
    assert.deepEqual(
      await get(
        scene,
        interval,
        variable("sampleddatactrlr", "txupdatedinterval"),
        variable("Nothing", "X"),
        variable("AuthCtrlr", "X"),
        variable("SecurityCtrlr", "BasicAuthPassword"),
        { ...interval, attributeType: "Target" },
        variable("DeviceDataCtrlr", "ItemsPerMessage", "SetVariables"),
      ),
      [
        "60",
        "60",
        "UnknownComponent",
        "UnknownVariable",
        "Rejected",
        "NotSupportedAttributeType",
        "20",
      ],
    );
    assert.equal(await set(scene, interval, "20"), "Accepted");
    assert.equal(await set(scene, interval, "soon"), "Rejected");
    assert.equal(await set(scene, variable("TxCtrlr", "TxStartPoint"), "EVConnected"), "Rejected");
    const priority = variable("OCPPCommCtrlr", "NetworkConfigurationPriority");
    assert.equal(await set(scene, priority, "1,0"), "RebootRequired");
    assert.equal(scene.charger.meterSeconds, 20);
    const many = { getVariableData: Array.from({ length: 21 }, () => interval) };
    const refused = await scene.csms.call("GetVariables", many);
    assert.equal(refused[2], "OccurrenceConstraintViolation");
  }));

test("reports come in parts until tbc is false, and hold what is asked for", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    const full = { requestId: 1, reportBase: "FullInventory" };
    assert.equal(await statusOf(scene, "GetBaseReport", full), "Accepted");
    await scene.csms.until(() => told(scene, "NotifyReport").at(-1)?.["tbc"] === false);
    const parts = told(scene, "NotifyReport");
    assert.deepEqual(parts.map((part) => part["seqNo"]), parts.map((_, index) => index));
    const rows = parts.flatMap((part) => listField(part, "reportData"));
    assert.equal(rows.length, componentTree(2).length);
    const custom = {
      requestId: 2,
      componentVariable: [{ component: { name: "EVSE", evse: { id: 2 } } }],
    };
    assert.equal(await statusOf(scene, "GetReport", custom), "Accepted");
    await scene.csms.until(() => told(scene, "NotifyReport").length > parts.length);
    const own = listField(told(scene, "NotifyReport").at(-1), "reportData");
    assert.deepEqual(
      new Set(own.map((row) => fieldOf(row["component"], "name"))),
      new Set(["EVSE"]),
    );
    const problems = { requestId: 3, componentCriteria: ["Problem"] };
    assert.equal(await statusOf(scene, "GetReport", problems), "EmptyResultSet");
  }));

test("a threshold that is crossed is told once, and again when it is over", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    const { csms, charger } = scene;
    const heat = {
      component: { name: "TemperatureSensor", instance: "cabinet" },
      variable: { name: "Temperature" },
    };
    const wanted = { value: 60, type: "UpperThreshold", severity: 5, ...heat };
    const answer = await asked(scene, "SetVariableMonitoring", {
      setMonitoringData: [
        wanted,
        wanted,
        { ...wanted, value: 500, severity: 6 },
        { ...wanted, ...variable("AuthCtrlr", "Enabled") },
      ],
    });
    const results = listField(answer, "setMonitoringResult");
    assert.deepEqual(results.map((one) => one["status"]), [
      "Accepted",
      "Duplicate",
      "Rejected",
      "UnsupportedMonitorType",
    ]);
    const id = results[0]?.["id"];
    charger.feel("cabinet", 65);
    charger.feel("cabinet", 66);
    charger.feel("cabinet", 40);
    await csms.nth("NotifyEvent", 2);
    const events = told(scene, "NotifyEvent").flatMap((one) => listField(one, "eventData"));
    assert.deepEqual(
      events.map((one) => [one["variableMonitoringId"], one["actualValue"], one["cleared"]]),
      [[id, "65", undefined], [id, "40", true]],
    );
    const quiet = { severity: 4 };
    assert.equal(await statusOf(scene, "SetMonitoringLevel", quiet), "Accepted");
    charger.feel("cabinet", 65);
    charger.feel("cabinet", 75);
    const maker = await csms.nth("NotifyEvent", 3);
    assert.equal(
      listField(maker.payload, "eventData")[0]?.["eventNotificationType"],
      "PreconfiguredMonitor",
    );
    const cleared = await asked(scene, "ClearVariableMonitoring", { id: [id, 1, 99] });
    assert.deepEqual(
      listField(cleared, "clearMonitoringResult").map((one) => one["status"]),
      ["Accepted", "Rejected", "NotFound"],
    );
    const left = { requestId: 4, monitoringCriteria: ["ThresholdMonitoring"] };
    assert.equal(await statusOf(scene, "GetMonitoringReport", left), "Accepted");
    const report = await csms.nth("NotifyMonitoringReport", 1);
    assert.equal(listField(report.payload, "monitor").length, 1);
    assert.equal(
      await statusOf(scene, "SetMonitoringBase", { monitoringBase: "HardWiredOnly" }),
      "Accepted",
    );
    assert.equal(await statusOf(scene, "GetMonitoringReport", left), "EmptyResultSet");
  }));

test("a periodic monitor tells by the clock", () =>
  withCharger("ocpp2.0.1", async (scene) => {
    const power = { component: { name: "EVSE", evse: { id: 1 } }, variable: { name: "Power" } };
    await asked(scene, "SetVariableMonitoring", {
      setMonitoringData: [{ value: 10, type: "Periodic", severity: 8, ...power }],
    });
    scene.charger.plugIn(1, car);
    await scene.charger.present(1, "CARD1");
    scene.clock.advance(10_000);
    const event = await scene.csms.nth("NotifyEvent", 1);
    assert.equal(listField(event.payload, "eventData")[0]?.["actualValue"], "36000");
  }));

test("1.6: the same settings are keys", () =>
  withCharger("ocpp1.6", async (scene) => {
    const change = (key: string, value: string): Promise<unknown> =>
      statusOf(scene, "ChangeConfiguration", { key, value });
    assert.equal(await change("MeterValueSampleInterval", "20"), "Accepted");
    assert.equal(await change("NumberOfConnectors", "3"), "Rejected");
    assert.equal(await change("DisplayWelcome", "Moin"), "RebootRequired");
    assert.equal(await change("Unheard", "1"), "NotSupported");
    const key = ["MeterValueSampleInterval", "AuthorizationKey", "Unheard"];
    assert.deepEqual(await asked(scene, "GetConfiguration", { key }), {
      configurationKey: [
        { key: "MeterValueSampleInterval", readonly: false, value: "20" },
        { key: "AuthorizationKey", readonly: false },
      ],
      unknownKey: ["Unheard"],
    });
    const all = await asked(scene, "GetConfiguration", {});
    assert.ok(listField(all, "configurationKey").length >= 35);
  }));
