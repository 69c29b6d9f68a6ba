import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage, StationOnStage } from "#actors/stage_testing.ts";

type Body = Readonly<Record<string, unknown>>;

function station(): StationOnStage {
  const one = new StationOnStage(new Stage(), "CP1", "ocpp2.0.1");
  return one.register({ quiet: true }).connect();
}

let ids = 0;
function command(one: StationOnStage, kind: string, body: Body, response: Body): string {
  const id = `m${++ids}`;
  one.tell("command.request", { id, kind, body, timeoutMs: 10_000, queueMs: 60_000 });
  one.answer(id, { outcome: "answered", response });
  return id;
}

const rowsOf = (one: StationOnStage, block: string): readonly string[] =>
  [...one.stage.rows.keys()].filter((key) => key.startsWith(`station_items/CP1/${block}/`))
    .map((key) => key.slice(`station_items/CP1/${block}/`.length));
const item = (one: StationOnStage, block: string, key: string): Body =>
  one.stage.row("station_items", `CP1/${block}/${key}`)["body"] as Body;

const variable = { component: "EVSE", evseId: 1, variable: "Temperature" };
const wire = { component: { name: "EVSE", evse: { id: 1 } }, variable: { name: "Temperature" } };

function set(one: StationOnStage, id: number, severity: number): void {
  const monitor = { ...variable, type: "UpperThreshold", value: 70, severity };
  command(one, "set-monitoring", { monitors: [monitor] }, {
    setMonitoringResult: [{ id, status: "Accepted", type: "UpperThreshold", severity, ...wire }],
  });
}

function event(one: StationOnStage, more: Body): void {
  const eventData = [{
    eventId: ++ids,
    timestamp: one.time(),
    trigger: "Alerting",
    actualValue: "82",
    eventNotificationType: "CustomMonitor",
    ...wire,
    ...more,
  }];
  const payload = { generatedAt: one.time(), seqNo: 0, eventData };
  assert.deepEqual(one.call("NotifyEvent", payload), {});
}

test("a monitor has the number that the station gave it; refused ones are none", () => {
  const one = station();
  const monitors = [
    { ...variable, type: "Delta", value: 1, severity: 8 },
    { ...variable, type: "Periodic", value: 60, severity: 9, transaction: true },
  ];
  const id = command(one, "set-monitoring", { monitors }, {
    setMonitoringResult: [
      { status: "UnsupportedMonitorType", type: "Delta", severity: 8, ...wire },
      { id: 12, status: "Accepted", type: "Periodic", severity: 9, ...wire },
    ],
  });
  assert.equal(one.stage.row("commands", id)["status"], "rejected");
  assert.deepEqual(rowsOf(one, "monitor"), ["12"]);
  assert.deepEqual(item(one, "monitor", "12"), {
    ...variable,
    id: 12,
    type: "Periodic",
    value: 60,
    severity: 9,
    transaction: true,
    at: one.stage.now,
  });
});

test("cleared monitors are gone, unknown ones too, refused ones stay", () => {
  const one = station();
  for (const id of [1, 2, 3]) set(one, id, 5);
  const statuses = ["Accepted", "NotFound", "Rejected"];
  command(one, "clear-monitoring", { ids: [1, 2, 3] }, {
    clearMonitoringResult: statuses.map((status, index) => ({ id: index + 1, status })),
  });
  assert.deepEqual(rowsOf(one, "monitor"), ["3"]);
  const cleared = item(one, "monitoring", "cleared")["ids"] as readonly { id: number }[];
  assert.deepEqual(cleared.map(({ id }) => id), [1, 2]);

  set(one, 2, 5);
  assert.deepEqual(rowsOf(one, "monitor"), ["3", "2"]);
  const left = item(one, "monitoring", "cleared")["ids"] as readonly { id: number }[];
  assert.deepEqual(left.map(({ id }) => id), [1]);
});

test("a serious event is an alert until the last of them is cleared", () => {
  const one = station();
  set(one, 1, 2);
  set(one, 2, 3);
  set(one, 3, 4);
  event(one, { variableMonitoringId: 3 });
  assert.deepEqual(one.alerts(), []);
  event(one, { variableMonitoringId: 1, techInfo: "hot" });
  event(one, { variableMonitoringId: 2 });
  event(one, { variableMonitoringId: 2 });
  assert.deepEqual(one.alerts(), ["opened stationEvent"]);
  const { data } = one.stage.facts.find(({ name }) => name === "alert.opened") ??
    assert.fail("no alert");
  assert.equal((data as { detail: string }).detail, "EVSE 1 Temperature: 82, hot");

  event(one, { variableMonitoringId: 1, cleared: true, actualValue: "60" });
  assert.deepEqual(one.alerts(), ["opened stationEvent"]);
  event(one, { variableMonitoringId: 2, cleared: true });
  assert.deepEqual(one.alerts(), ["opened stationEvent", "resolved stationEvent"]);
});

test("a monitor that is removed while it alerts takes its alert along", () => {
  const one = station();
  set(one, 1, 0);
  event(one, { variableMonitoringId: 1 });
  command(one, "clear-monitoring", { ids: [1] }, {
    clearMonitoringResult: [{ id: 1, status: "Accepted" }],
  });
  assert.deepEqual(one.alerts(), ["opened stationEvent", "resolved stationEvent"]);
});

test("what only repeats, or is of no known severity, alarms nobody; 2.1 tells the severity", () => {
  const one = station();
  set(one, 1, 1);
  event(one, { variableMonitoringId: 1, trigger: "Periodic" });
  event(one, { variableMonitoringId: 99 });
  event(one, { eventNotificationType: "HardWiredNotification" });
  assert.deepEqual(one.alerts(), []);
  const young = new StationOnStage(new Stage(), "CP2", "ocpp2.1").register({ quiet: true });
  young.connect();
  event(young, { eventNotificationType: "HardWiredNotification", severity: 1 });
  assert.deepEqual(young.alerts(), ["opened stationEvent"]);
});

test("S2: of a message with statuses among other events nothing is lost", () => {
  const one = station();
  set(one, 1, 1);
  const status = {
    eventId: 900,
    timestamp: one.time(),
    trigger: "Delta",
    actualValue: "Occupied",
    eventNotificationType: "HardWiredNotification",
    component: { name: "Connector", evse: { id: 1, connectorId: 1 } },
    variable: { name: "AvailabilityState" },
  };
  const hot = { ...status, eventId: 901, trigger: "Alerting", variableMonitoringId: 1, ...wire };
  const payload = { generatedAt: one.time(), seqNo: 0, eventData: [status, hot] };
  one.call("NotifyEvent", payload);
  assert.deepEqual(one.alerts(), ["opened stationEvent"]);
  const [evse] = one.describe()["evses"] as readonly { connectors: readonly Body[] }[];
  assert.equal(evse?.connectors[0]?.["status"], "Occupied");
});

test("an event that is delivered again changes nothing", () => {
  const one = station();
  set(one, 1, 1);
  const datum = { variableMonitoringId: 1, eventId: 5, timestamp: one.time(), trigger: "Alerting" };
  const eventData = [{
    ...datum,
    actualValue: "1",
    eventNotificationType: "CustomMonitor",
    ...wire,
  }];
  const payload = { generatedAt: one.time(), seqNo: 0, eventData };
  one.call("NotifyEvent", payload, "same");
  const rows = one.stage.journal.length;
  assert.deepEqual(one.call("NotifyEvent", payload, "same"), {});
  assert.equal(one.stage.journal.length, rows);
});

test("level and base are known once accepted; which report was asked for is known before it", () => {
  const one = station();
  command(one, "set-monitoring-level", { severity: 4 }, { status: "Rejected" });
  assert.deepEqual(rowsOf(one, "monitoring"), []);
  command(one, "set-monitoring-level", { severity: 4 }, { status: "Accepted" });
  assert.equal(item(one, "monitoring", "level")["value"], 4);
  command(one, "set-monitoring-base", { base: "FactoryDefault" }, { status: "Accepted" });
  assert.equal(item(one, "monitoring", "base")["value"], "FactoryDefault");

  command(one, "get-monitoring-report", {}, { status: "EmptyResultSet" });
  const { requestId, isWhole } = item(one, "monitoring", "asked");
  assert.deepEqual(one.orders().at(-1)?.payload, { requestId });
  assert.equal(isWhole, true);
  assert.equal(item(one, "monitoring", "none")["at"], one.stage.now);
  command(one, "get-monitoring-report", { criteria: ["DeltaMonitoring"] }, { status: "Accepted" });
  assert.equal(item(one, "monitoring", "asked")["isWhole"], false);
});
