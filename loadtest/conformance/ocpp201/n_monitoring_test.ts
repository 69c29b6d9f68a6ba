/** Block N, monitoring: OCPP 2.0.1 Part 2, N02 to N08. */
import { conformanceCase } from "../conformance_case.ts";
import type { ConformanceRun } from "../conformance_run.ts";
import { requireMatch } from "../match.ts";
import type { Payload } from "../recording.ts";
import type { ScriptedStation } from "../scripted_station.ts";

const asking = [
  "schemas/station_commands/monitoring.ts",
  "actors/adapters/reports/monitoring.ts",
];
const setting = ["schemas/station_commands/monitoring.ts", "actors/charger/blocks/monitoring.ts"];
const telling = ["actors/adapters/reports/monitoring.ts", "schemas/ocpp201/notify_event.ts"];

const temperature = { component: "EVSE", evseId: 1, variable: "Temperature" };
const onWire = {
  component: { name: "EVSE", evse: { id: 1 } },
  variable: { name: "Temperature" },
};

/** Waits until REST shows exactly these monitors of the station. */
function monitorsAre(
  c: ConformanceRun,
  station: ScriptedStation,
  expected: readonly Payload[],
): Promise<void> {
  return c.eventually(`the monitors are ${JSON.stringify(expected)}`, async () => {
    const monitors = await c.rest.list(`/stations/${station.identity}/monitors`);
    requireMatch("the monitors", monitors, expected);
  });
}

/** Waits until the newest event of a monitor that REST shows is as `expected`. */
function eventIs(c: ConformanceRun, station: ScriptedStation, expected: Payload): Promise<void> {
  return c.eventually(`the newest event is ${JSON.stringify(expected)}`, async () => {
    const path = `/stations/${station.identity}/events?kind=monitor&limit=1`;
    const [event] = await c.rest.list<{ readonly data: Payload }>(path);
    requireMatch("the event", event?.data, expected);
  });
}

interface Asked {
  /** The typed command's body, and the payload that it must lead to, but for its number. */
  readonly body: Payload;
  readonly payload: Payload;
}

/** An operator asks for monitors; the station gives `status`, and its report when it accepts. */
async function askMonitors(
  c: ConformanceRun,
  station: ScriptedStation,
  { body, payload }: Asked,
  { status = "Accepted", monitor }: { readonly status?: string; readonly monitor?: Payload } = {},
): Promise<void> {
  const command = await c.command(station, "get-monitoring-report", body);
  const call = await station.expectCall("GetMonitoringReport");
  const { requestId } = call.payload;
  c.ok("the request has a whole number", Number.isInteger(requestId) && Number(requestId) >= 0);
  c.equal("the request says what is asked for", call.payload, { requestId, ...payload });
  call.answer({ status });
  await c.commandIs(command, { status: "accepted", response: { status } });
  if (monitor === undefined) return;
  const part = { requestId, generatedAt: new Date().toISOString() };
  const report = { ...part, seqNo: 0, tbc: false, monitor: [monitor] };
  c.equal("the report is answered", await station.call("NotifyMonitoringReport", report), {});
}

function monitored(id: number, type: string, value: number): Payload {
  return {
    ...onWire,
    variableMonitoring: [{ id, transaction: false, value, type, severity: 8 }],
  };
}

conformanceCase({ version: "2.0.1", id: "TC_N_01", in: asking }, async (c) => {
  const station = await c.newStation();
  const criteria = (criterion: string): Asked => ({
    body: { criteria: [criterion] },
    payload: { monitoringCriteria: [criterion] },
  });

  await askMonitors(c, station, criteria("DeltaMonitoring"), { status: "EmptyResultSet" });
  await monitorsAre(c, station, []);
  const monitor = monitored(3, "UpperThreshold", 70);
  await askMonitors(c, station, criteria("ThresholdMonitoring"), { monitor });

  await monitorsAre(c, station, [
    { ...temperature, id: 3, type: "UpperThreshold", value: 70, severity: 8 },
  ]);
});

conformanceCase({ version: "2.0.1", id: "TC_N_02", in: asking }, async (c) => {
  const station = await c.newStation();

  await askMonitors(c, station, {
    body: { variables: [temperature] },
    payload: { componentVariable: [onWire] },
  }, { monitor: monitored(4, "Delta", 2) });

  await monitorsAre(c, station, [{ ...temperature, id: 4, type: "Delta", value: 2 }]);
});

conformanceCase({ version: "2.0.1", id: "TC_N_03", in: asking }, async (c) => {
  const station = await c.newStation();

  await askMonitors(c, station, {
    body: { criteria: ["ThresholdMonitoring"], variables: [temperature] },
    payload: { monitoringCriteria: ["ThresholdMonitoring"], componentVariable: [onWire] },
  }, { monitor: monitored(5, "LowerThreshold", -10) });

  await monitorsAre(c, station, [{ ...temperature, id: 5, type: "LowerThreshold", value: -10 }]);
});

conformanceCase({ version: "2.0.1", id: "TC_N_47", in: asking }, async (c) => {
  const station = await c.newStation();
  const all: Asked = { body: {}, payload: {} };
  await askMonitors(c, station, all, { monitor: monitored(6, "Periodic", 60) });
  await monitorsAre(c, station, [{ ...temperature, id: 6, type: "Periodic", value: 60 }]);

  await askMonitors(c, station, all, { monitor: monitored(7, "Periodic", 30) });

  // A report of all monitors takes the place of the one before.
  await monitorsAre(c, station, [{ ...temperature, id: 7, type: "Periodic", value: 30 }]);
});

conformanceCase({ version: "2.0.1", id: "TC_N_60", in: asking }, async (c) => {
  const station = await c.newStation();

  await askMonitors(c, station, {
    body: {
      criteria: ["ThresholdMonitoring"],
      variables: [{ component: "EVSE", evseId: 1 }, { component: "ChargingStation" }],
    },
    payload: {
      monitoringCriteria: ["ThresholdMonitoring"],
      componentVariable: [
        { component: { name: "EVSE", evse: { id: 1 } } },
        { component: { name: "ChargingStation" } },
      ],
    },
  }, { monitor: monitored(8, "UpperThreshold", 90) });

  await monitorsAre(c, station, [{ ...temperature, id: 8, value: 90 }]);
});

conformanceCase({ version: "2.0.1", id: "TC_N_05", in: setting }, async (c) => {
  const station = await c.newStation();
  const setBase = async (base: string): Promise<void> => {
    const command = await c.command(station, "set-monitoring-base", { base });
    const call = await station.expectCall("SetMonitoringBase");
    c.equal(`the base ${base} is asked for`, call.payload, { monitoringBase: base });
    call.answer({ status: "Accepted" });
    await c.commandIs(command, { status: "accepted" });
  };

  await setMonitor(c, station, 11);
  await setBase("All");
  await monitorsAre(c, station, [{ id: 11 }]);
  await setBase("FactoryDefault");
  await monitorsAre(c, station, []);
  await setBase("HardWiredOnly");
});

/** Sets a delta monitor of value 1 and severity 8; the station gives it its number. */
async function setMonitor(c: ConformanceRun, station: ScriptedStation, id: number): Promise<void> {
  const monitor = { ...temperature, type: "Delta", value: 1, severity: 8 };
  const command = await c.command(station, "set-monitoring", { monitors: [monitor] });
  const call = await station.expectCall("SetVariableMonitoring");
  c.equal("one monitor is set", call.payload, {
    setMonitoringData: [{ value: 1, type: "Delta", severity: 8, ...onWire }],
  });
  call.answer({
    setMonitoringResult: [{ id, status: "Accepted", type: "Delta", severity: 8, ...onWire }],
  });
  await c.commandIs(command, { status: "accepted" });
}

conformanceCase({ version: "2.0.1", id: "TC_N_08", in: setting }, async (c) => {
  const station = await c.newStation();

  await setMonitor(c, station, 12);

  const monitor = { ...temperature, id: 12, type: "Delta", value: 1, severity: 8 };
  await monitorsAre(c, station, [{ ...monitor, transaction: false }]);
});

conformanceCase({ version: "2.0.1", id: "TC_N_09", in: setting }, async (c) => {
  const station = await c.newStation();
  const types = ["UpperThreshold", "LowerThreshold"];
  const monitors = types.map((type) => ({ ...temperature, type, value: 5, severity: 4 }));

  const command = await c.command(station, "set-monitoring", { monitors });
  const call = await station.expectCall("SetVariableMonitoring");
  c.equal("both are in one request, in order", call.payload, {
    setMonitoringData: types.map((type) => ({ value: 5, type, severity: 4, ...onWire })),
  });
  call.answer({
    setMonitoringResult: types.map((type, index) => ({
      ...(index === 0 ? { id: 21, status: "Accepted" } : { status: "UnsupportedMonitorType" }),
      ...{ type, severity: 4, ...onWire },
    })),
  });

  await c.commandIs(command, { status: "rejected" });
  await monitorsAre(c, station, [{ id: 21, type: "UpperThreshold" }]);
});

for (
  const [id, status, end] of [
    ["TC_N_16", "Accepted", "accepted"],
    ["TC_N_17", "Rejected", "rejected"],
  ] as const
) {
  conformanceCase({ version: "2.0.1", id, in: setting }, async (c) => {
    const station = await c.newStation();

    const command = await c.command(station, "set-monitoring-level", { severity: 4 });
    const call = await station.expectCall("SetMonitoringLevel");
    c.equal("the level is 4", call.payload, { severity: 4 });
    call.answer({ status });

    await c.commandIs(command, { status: end, response: { status } });
  });
}

conformanceCase({
  version: "2.0.1",
  id: "TC_N_18",
  in: ["schemas/station_limits.ts", ...setting],
}, async (c) => {
  const station = await c.newStation();
  const limit = {
    component: { name: "MonitoringCtrlr" },
    variable: { name: "ItemsPerMessage", instance: "ClearVariableMonitoring" },
  };
  await c.operate(station, "GetVariables", { getVariableData: [limit] }, {
    getVariableResult: [{ attributeStatus: "Accepted", attributeValue: "2", ...limit }],
  });

  const command = await c.command(station, "clear-monitoring", { ids: [1, 2, 3] });
  const clear = async (): Promise<unknown> => {
    const call = await station.expectCall("ClearVariableMonitoring");
    const ids = call.payload["id"] as readonly number[];
    const clearMonitoringResult = ids.map((id) => ({ status: "Accepted", id }));
    call.answer({ clearMonitoringResult });
    return ids;
  };

  c.equal("two are removed, then one", [await clear(), await clear()], [[1, 2], [3]]);
  await c.commandIs(command, { status: "accepted" });
});

conformanceCase({ version: "2.0.1", id: "TC_N_44", in: setting }, async (c) => {
  const station = await c.newStation();
  await setMonitor(c, station, 30);

  const command = await c.command(station, "clear-monitoring", { ids: [30] });
  const call = await station.expectCall("ClearVariableMonitoring");
  c.equal("the monitor is named", call.payload, { id: [30] });
  call.answer({ clearMonitoringResult: [{ status: "Rejected", id: 30 }] });

  await c.commandIs(command, { status: "rejected" });
  await monitorsAre(c, station, [{ id: 30 }]);
});

let lastEventId = 0;

/** The station tells of an event; it is answered by an empty body. */
async function tell(c: ConformanceRun, station: ScriptedStation, datum: Payload): Promise<void> {
  const at = new Date().toISOString();
  const event = { eventId: ++lastEventId, timestamp: at, ...onWire, ...datum };
  const answer = await station.call("NotifyEvent", {
    ...{ generatedAt: at, seqNo: 0, tbc: false },
    eventData: [event],
  });
  c.equal("the event is answered by an empty body", answer, {});
}

conformanceCase({ version: "2.0.1", id: "TC_N_21", in: telling }, async (c) => {
  const station = await c.newStation();

  const event = { trigger: "Alerting", actualValue: "91" };
  await tell(c, station, { ...event, eventNotificationType: "HardWiredMonitor" });

  await eventIs(c, station, { ...temperature, ...event, cleared: false });
});

conformanceCase({ version: "2.0.1", id: "TC_N_24", in: telling }, async (c) => {
  const station = await c.newStation();
  await setMonitor(c, station, 40);

  const event = { trigger: "Periodic", actualValue: "23" };
  const of = { eventNotificationType: "CustomMonitor", variableMonitoringId: 40 };
  await tell(c, station, { ...event, ...of });

  await eventIs(c, station, { ...event, monitorId: 40, severity: 8, monitor: { type: "Delta" } });
});

conformanceCase({ version: "2.0.1", id: "TC_N_48", in: telling }, async (c) => {
  const station = await c.newStation();
  await setMonitor(c, station, 41);

  const event = { trigger: "Delta", actualValue: "" };
  const of = { eventNotificationType: "CustomMonitor", variableMonitoringId: 41 };
  await tell(c, station, { ...event, ...of });

  await eventIs(c, station, { ...event, monitorId: 41 });
});

async function reboot(c: ConformanceRun, station: ScriptedStation): Promise<void> {
  await station.disconnect();
  await station.connect();
  c.match("the boot is accepted", await c.boot(station, "RemoteReset"), { status: "Accepted" });
}

conformanceCase({
  version: "2.0.1",
  id: "TC_N_49",
  in: [...telling, "actors/charger/blocks/monitoring.ts"],
}, async (c) => {
  const station = await c.newStation();
  const monitor = { ...temperature, type: "UpperThreshold", value: 70, severity: 2 };
  const command = await c.command(station, "set-monitoring", { monitors: [monitor] });
  (await station.expectCall("SetVariableMonitoring")).answer({
    setMonitoringResult: [
      { id: 50, status: "Accepted", type: "UpperThreshold", severity: 2, ...onWire },
    ],
  });
  await c.commandIs(command, { status: "accepted" });
  const of = { eventNotificationType: "CustomMonitor", variableMonitoringId: 50 };
  const alertIs = (status: string): Promise<void> =>
    c.eventually(`the alert is ${status}`, async () => {
      const alerts = await c.rest.list(`/alerts?station=${station.identity}`);
      requireMatch("the alerts", alerts, [{ kind: "stationEvent", status }]);
    });

  await tell(c, station, { trigger: "Alerting", actualValue: "82", ...of });
  await alertIs("open");
  await reboot(c, station);
  await tell(c, station, { trigger: "Alerting", actualValue: "40", cleared: true, ...of });

  await eventIs(c, station, { actualValue: "40", cleared: true, severity: 2 });
  await alertIs("resolved");
});

conformanceCase({ version: "2.0.1", id: "TC_N_50", in: telling }, async (c) => {
  const station = await c.newStation();
  await setMonitor(c, station, 51);
  await reboot(c, station);

  const of = { eventNotificationType: "CustomMonitor", variableMonitoringId: 51 };
  await tell(c, station, { trigger: "Periodic", actualValue: "24", ...of });

  await eventIs(c, station, { trigger: "Periodic", actualValue: "24", monitorId: 51 });
});
