import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { componentTree } from "../charger/blocks/component_tree.ts";
import { monitoring } from "../charger/blocks/monitoring.ts";
import { setting } from "../charger/blocks/settings.ts";
import { listField, type Payload } from "../charger/dialect.ts";
import { OperatedChargers, until, versions } from "./operated_chargers.ts";

let stage: OperatedChargers;

before(async () => {
  stage = await OperatedChargers.start();
});
after(() => stage.close());

const interval = {
  "ocpp1.6": { variable: "MeterValueSampleInterval" },
  "ocpp2.0.1": { component: "SampledDataCtrlr", variable: "TxUpdatedInterval" },
} as const;
const unknown = {
  "ocpp1.6": { variable: "Unheard" },
  "ocpp2.0.1": { component: "AuthCtrlr", variable: "Unheard" },
} as const;

for (const version of versions) {
  const id = `MODEL-${version}`;

  test(`${version}: what is set is had, shown and read again`, async () => {
    const charger = await stage.connect(id, version);
    const variables = [{ ...interval[version], value: "45" }];
    await stage.commanded(id, "set-variables", { body: { variables } });
    assert.equal(charger.meterSeconds, 45);
    const path = `/stations/${id}/variables?variable=${interval[version].variable}`;
    await stage.item(path, ({ value }) => value === "45");
    const strange = { variables: [{ ...unknown[version], value: "1" }] };
    await stage.commanded(id, "set-variables", { body: strange, status: "rejected" });
    const read = { variables: [interval[version]] };
    const { response } = await stage.commanded(id, "get-variables", { body: read });
    assert.match(JSON.stringify(response), /"45"/);
  });

  test(`${version}: what differs from what is intended is seen and repaired`, async () => {
    const place = `${id}-D`;
    const charger = await stage.connect(place, version);
    const path = `/stations/${place}/configuration`;
    const intended = { variables: [{ ...interval[version], value: "77" }] };
    assert.equal((await stage.rest.put(path, intended)).status, 200);
    await stage.commanded(place, "get-variables", {
      body: { variables: [interval[version]] },
    });
    const drifted = await stage.shown(
      path,
      (all) => listField(all, "items")[0]?.["state"] === "drifted",
    );
    assert.equal(listField(drifted, "items")[0]?.["confirmed"], "1");
    const applied = await stage.rest.post(`${path}/apply`);
    assert.equal(applied.status, 202, JSON.stringify(applied.body));
    await stage.shown(path, (all) => listField(all, "items")[0]?.["state"] === "same");
    assert.equal(setting(charger.station, "MeterValueSampleInterval"), "77");
  });

  test(`${version}: the whole inventory is known, part by part`, async () => {
    const place = `${id}-I`;
    await stage.connect(place, version);
    await stage.commanded(place, "get-report", { body: { base: "Full" } });
    const wanted = version === "ocpp1.6" ? 35 : componentTree(2).length;
    const items = await until(
      () => stage.rest.list(`/stations/${place}/variables?limit=1000`),
      (all) => all.length >= wanted,
      "all variables are there",
    );
    const secret = items.find(({ variable }) =>
      variable === "AuthorizationKey" || variable === "BasicAuthPassword"
    );
    assert.equal(secret?.["value"] ?? null, null);
  });
}

const heat = { component: "TemperatureSensor", instance: "cabinet", variable: "Temperature" };

test("ocpp2.0.1: a monitor is set, rings, and is cleared", async () => {
  const id = "MODEL-MONITOR";
  const charger = await stage.connect(id, "ocpp2.0.1");
  const wanted: Payload = { ...heat, type: "UpperThreshold", value: 60, severity: 5 };
  await stage.commanded(id, "set-monitoring", { body: { monitors: [wanted] } });
  const monitor = await stage.item(
    `/stations/${id}/monitors`,
    ({ severity, value }) => severity === 5 && value === 60,
  );
  charger.feel("cabinet", 66);
  const events = `/stations/${id}/events`;
  const event = await stage.item(events, ({ data }) => JSON.stringify(data).includes('"66"'));
  assert.match(JSON.stringify(event["data"]), /Temperature/);

  await stage.commanded(id, "get-monitoring-report", { body: {} });
  await stage.item(`/stations/${id}/monitors`, ({ variable }) => variable === "Problem");
  await stage.commanded(id, "clear-monitoring", { body: { ids: [monitor["id"]] } });
  assert.ok(monitoring.of(charger.station).all.every((one) => one.id !== monitor["id"]));
  await until(
    () => stage.rest.list(`/stations/${id}/monitors`),
    (all) => all.every((one) => one["id"] !== monitor["id"]),
    "it is gone",
  );
  await stage.commanded(id, "set-monitoring-level", { body: { severity: 3 } });
  assert.equal(setting(charger.station, "ActiveMonitoringLevel"), "3");
  await stage.commanded(id, "set-monitoring-base", { body: { base: "HardWiredOnly" } });
  assert.equal(monitoring.of(charger.station).all.length, 1);
});

test("ocpp2.0.1: many variables go out in parts that the station takes", async () => {
  const id = "MODEL-PARTS";
  await stage.connect(id, "ocpp2.0.1");
  const limits = { component: "DeviceDataCtrlr" } as const;
  await stage.commanded(id, "get-report", { body: { variables: [limits] } });
  await stage.item(
    `/stations/${id}/variables?variable=ItemsPerMessage`,
    ({ value }) => value === "20",
  );
  const variables = componentTree(2).filter((row) => row.access !== "WriteOnly").slice(0, 50)
    .map((row) => ({
      component: row.component,
      variable: row.variable,
      ...(row.componentInstance === undefined ? {} : { instance: row.componentInstance }),
      ...(row.variableInstance === undefined ? {} : { variableInstance: row.variableInstance }),
    }));
  const { response } = await stage.commanded(id, "get-variables", { body: { variables } });
  assert.equal(Array.isArray(response) ? response.length : 1, 3);
});
