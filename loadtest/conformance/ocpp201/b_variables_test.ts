/** Block B, the device model: OCPP 2.0.1 Part 2, B05 to B08. */
import { conformanceCase } from "../conformance_case.ts";
import type { ConformanceRun } from "../conformance_run.ts";
import { requireMatch } from "../match.ts";
import type { Payload } from "../recording.ts";
import type { ScriptedStation } from "../scripted_station.ts";

const reading = [
  "schemas/station_commands/device_model.ts",
  "actors/charger/blocks/device_model.ts",
  "api/queries/variable_rows.ts",
];
const splitting = ["schemas/station_limits.ts", "schemas/station_commands/device_model.ts"];
const reporting = [
  "actors/adapters/reports/device_model.ts",
  "actors/adapters/reports/report_parts.ts",
  "schemas/station_commands/device_model.ts",
];

const controller = "OCPPCommCtrlr";
const threshold = { component: controller, variable: "OfflineThreshold" };
const interval = { component: controller, variable: "HeartbeatInterval" };

/** As the wire names it. */
function wire({ component, variable }: typeof threshold): Payload {
  return { component: { name: component }, variable: { name: variable } };
}

/** Waits until REST shows a variable of the station as `expected`. */
async function variableIs(
  c: ConformanceRun,
  station: ScriptedStation,
  expected: Payload & { readonly variable: string },
): Promise<void> {
  const { variable } = expected;
  await c.eventually(`REST shows ${JSON.stringify(expected)}`, async () => {
    const path = `/stations/${station.identity}/variables?variable=${variable}`;
    const [item] = await c.rest.list(path);
    requireMatch(variable, item, expected);
  });
}

conformanceCase({ version: "2.0.1", id: "TC_B_06", in: reading }, async (c) => {
  const station = await c.newStation();

  const id = await c.command(station, "get-variables", { variables: [threshold] });
  const call = await station.expectCall("GetVariables");
  c.equal("one variable is asked for, and no attribute is named", call.payload, {
    getVariableData: [wire(threshold)],
  });
  call.answer({
    getVariableResult: [
      { attributeStatus: "Accepted", attributeValue: "321", ...wire(threshold) },
    ],
  });

  await c.commandIs(id, { status: "accepted" });
  await variableIs(c, station, { ...threshold, value: "321", status: "Accepted" });
});

conformanceCase({ version: "2.0.1", id: "TC_B_07", in: reading }, async (c) => {
  const station = await c.newStation();

  const id = await c.command(station, "get-variables", { variables: [threshold, interval] });
  const call = await station.expectCall("GetVariables");
  c.equal("both are in one request, in order", call.payload, {
    getVariableData: [wire(threshold), wire(interval)],
  });
  call.answer({
    getVariableResult: [
      { attributeStatus: "Accepted", attributeValue: "60", ...wire(threshold) },
      { attributeStatus: "UnknownVariable", ...wire(interval) },
    ],
  });

  await c.commandIs(id, { status: "rejected" });
  await variableIs(c, station, { ...threshold, value: "60", status: "Accepted" });
  await variableIs(c, station, { ...interval, value: null, status: "UnknownVariable" });
});

/** The station tells how many it takes in one request. */
async function tellLimit(
  c: ConformanceRun,
  station: ScriptedStation,
  instance: string,
): Promise<void> {
  const name = { component: "DeviceDataCtrlr", variable: "ItemsPerMessage" };
  const variables = [{ ...name, variableInstance: instance }];
  const id = await c.command(station, "get-variables", { variables });
  const call = await station.expectCall("GetVariables");
  call.answer({
    getVariableResult: [{
      attributeStatus: "Accepted",
      attributeValue: "4",
      component: { name: name.component },
      variable: { name: name.variable, instance },
    }],
  });
  await c.commandIs(id, { status: "accepted" });
}

conformanceCase({ version: "2.0.1", id: "TC_B_08", in: splitting }, async (c) => {
  const station = await c.newStation();
  await tellLimit(c, station, "GetVariables");
  const names = ["A", "B", "C", "D", "E"].map((variable) => ({ component: controller, variable }));

  const id = await c.command(station, "get-variables", { variables: names });
  const read = async (): Promise<readonly Payload[]> => {
    const call = await station.expectCall("GetVariables");
    const data = call.payload["getVariableData"] as readonly Payload[];
    call.answer({
      getVariableResult: data.map((entry) => ({
        ...{ attributeStatus: "Accepted", attributeValue: "1" },
        ...entry,
      })),
    });
    return data;
  };
  const parts = [await read(), await read()];

  c.equal("four are asked for, then one", parts, [
    names.slice(0, 4).map(wire),
    names.slice(4).map(wire),
  ]);
  await c.commandIs(id, { status: "accepted", response: (all: unknown) => count(all) === 2 });
  await variableIs(c, station, { component: controller, variable: "E", value: "1" });
});

function count(list: unknown): number {
  return Array.isArray(list) ? list.length : 0;
}

const setting = [
  "schemas/station_commands/device_model.ts",
  "actors/charger/blocks/device_model.ts",
];

conformanceCase({ version: "2.0.1", id: "TC_B_09", in: setting }, async (c) => {
  const station = await c.newStation();

  const variables = [{ ...threshold, value: "123" }];
  const id = await c.command(station, "set-variables", { variables });
  const call = await station.expectCall("SetVariables");
  c.equal("one variable is set, and no attribute is named", call.payload, {
    setVariableData: [{ attributeValue: "123", ...wire(threshold) }],
  });
  call.answer({ setVariableResult: [{ attributeStatus: "Accepted", ...wire(threshold) }] });

  await c.commandIs(id, { status: "accepted" });
  await variableIs(c, station, {
    ...threshold,
    value: "123",
    set: { value: "123", status: "Accepted" },
  });
});

conformanceCase({ version: "2.0.1", id: "TC_B_10", in: setting }, async (c) => {
  const station = await c.newStation();

  const variables = [{ ...threshold, value: "123" }, { ...interval, value: "30" }];
  const id = await c.command(station, "set-variables", { variables });
  const call = await station.expectCall("SetVariables");
  c.equal("both are in one request, in order", call.payload, {
    setVariableData: [
      { attributeValue: "123", ...wire(threshold) },
      { attributeValue: "30", ...wire(interval) },
    ],
  });
  call.answer({
    setVariableResult: [
      { attributeStatus: "RebootRequired", ...wire(threshold) },
      { attributeStatus: "Rejected", ...wire(interval) },
    ],
  });

  await c.commandIs(id, { status: "rejected" });
  const taken = { value: "123", status: "RebootRequired" };
  await variableIs(c, station, { ...threshold, value: null, set: taken });
  await variableIs(c, station, { ...interval, value: null, set: { status: "Rejected" } });
});

function entry(name: typeof threshold, value: string): Payload {
  return {
    ...wire(name),
    variableAttribute: [{ value, mutability: "ReadWrite" }],
    variableCharacteristics: { dataType: "integer", unit: "s", supportsMonitoring: false },
  };
}

const bases = {
  TC_B_12: ["Configuration", "ConfigurationInventory"],
  TC_B_13: ["Full", "FullInventory"],
  TC_B_14: ["Summary", "SummaryInventory"],
} as const;

for (const [id, [base, reportBase]] of Object.entries(bases)) {
  conformanceCase({ version: "2.0.1", id, in: reporting }, async (c) => {
    const station = await c.newStation();

    const command = await c.command(station, "get-report", { base });
    const call = await station.expectCall("GetBaseReport");
    const { requestId } = call.payload;
    c.equal("the report has a number and a base", call.payload, { requestId, reportBase });
    c.ok(
      "the number is whole and not negative",
      Number.isInteger(requestId) && Number(requestId) >= 0,
    );
    call.answer({ status: "Accepted" });
    await c.commandIs(command, { status: "accepted" });

    const part = { requestId, generatedAt: new Date().toISOString() };
    const first = { ...part, seqNo: 0, tbc: true, reportData: [entry(threshold, "600")] };
    c.equal("the first part is answered", await station.call("NotifyReport", first), {});
    const last = { ...part, seqNo: 1, tbc: false, reportData: [entry(interval, "60")] };
    c.equal("the last part is answered", await station.call("NotifyReport", last), {});

    const traits = { mutability: "ReadWrite", dataType: "integer", unit: "s" };
    await variableIs(c, station, { ...threshold, value: "600", ...traits });
    await variableIs(c, station, { ...interval, value: "60", ...traits });
  });
}

conformanceCase({ version: "2.0.1", id: "TC_B_18", in: reporting }, async (c) => {
  const station = await c.newStation();
  const criteria = ["Problem"];
  const variables = [{ component: "EVSE", evseId: 1, variable: "AvailabilityState" }];
  const componentVariable = [{
    component: { name: "EVSE", evse: { id: 1 } },
    variable: { name: "AvailabilityState" },
  }];
  const ask = async (status: string): Promise<unknown> => {
    const command = await c.command(station, "get-report", { criteria, variables });
    const call = await station.expectCall("GetReport");
    const { requestId } = call.payload;
    c.equal("the report has a number, criteria and a list", call.payload, {
      requestId,
      componentCriteria: criteria,
      componentVariable,
    });
    call.answer({ status });
    await c.commandIs(command, { status: "accepted", response: { status } });
    return requestId;
  };

  await ask("EmptyResultSet");
  const requestId = await ask("Accepted");
  const report = {
    ...{ requestId, generatedAt: new Date().toISOString(), seqNo: 0 },
    reportData: [{ ...componentVariable[0], variableAttribute: [{ value: "Faulted" }] }],
  };
  c.equal("the report is answered", await station.call("NotifyReport", report), {});

  await variableIs(c, station, { variable: "AvailabilityState", evseId: 1, value: "Faulted" });
});
