import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage, StationOnStage } from "#actors/stage_testing.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { CHECK_AFTER_MS } from "../configuration.ts";

type Body = Readonly<Record<string, unknown>>;

function station(protocol: OcppProtocol): StationOnStage {
  return new StationOnStage(new Stage(), "CP1", protocol).register({ quiet: true }).connect();
}

let ids = 0;
function command(one: StationOnStage, kind: string, body: Body): string {
  const id = `d${++ids}`;
  one.tell("command.request", { id, kind, body, timeoutMs: 10_000, queueMs: 60_000 });
  return id;
}

function call(one: StationOnStage, action: string, payload: Body): string {
  const id = `r${++ids}`;
  one.tell("call.request", { id, action, payload, timeoutMs: 5_000 });
  return id;
}

const answer = (one: StationOnStage, response: Body): void =>
  one.answer(one.orders().at(-1)?.messageId ?? "", { outcome: "answered", response });

const item = (one: StationOnStage, block: string, key: string): Body =>
  one.stage.row("station_items", `CP1/${block}/${key}`)["body"] as Body;
const keysOf = (one: StationOnStage, block: string): readonly string[] =>
  [...one.stage.rows.keys()].filter((key) => key.startsWith(`station_items/CP1/${block}/`));

const wire = (name: string): Body => ({
  component: { name: "OCPPCommCtrlr" },
  variable: { name },
});

test("what GetVariables read is kept under the variable's name, raw calls included", () => {
  const one = station("ocpp2.0.1");
  const key = "ocppcommctrlr////offlinethreshold//actual";
  call(one, "GetVariables", { getVariableData: [wire("OfflineThreshold"), wire("Nothing")] });
  answer(one, {
    getVariableResult: [
      { attributeStatus: "Accepted", attributeValue: "600", ...wire("OfflineThreshold") },
      { attributeStatus: "UnknownVariable", ...wire("Nothing") },
    ],
  });
  assert.deepEqual(item(one, "variable-value", key), {
    component: "OCPPCommCtrlr",
    variable: "OfflineThreshold",
    attribute: "Actual",
    value: "600",
    status: "Accepted",
    at: one.stage.now,
  });
  const nothing = item(one, "variable-value", "ocppcommctrlr////nothing//actual");
  assert.deepEqual([nothing["value"], nothing["status"]], [null, "UnknownVariable"]);
});

test("what is set is pending when it leaves, believed when accepted, remembered when refused", () => {
  const one = station("ocpp2.0.1");
  const key = "ocppcommctrlr////offlinethreshold//actual";
  const variables = ["OfflineThreshold", "HeartbeatInterval"].map((variable) => ({
    component: "OCPPCommCtrlr",
    variable,
    value: "123",
  }));
  const id = command(one, "set-variables", { variables });
  assert.equal(item(one, "variable-set", key)["status"], "pending");
  assert.deepEqual(keysOf(one, "variable-value"), []);

  answer(one, {
    setVariableResult: [
      { attributeStatus: "Accepted", ...wire("OfflineThreshold") },
      { attributeStatus: "Rejected", ...wire("HeartbeatInterval") },
    ],
  });
  assert.equal(one.stage.row("commands", id)["status"], "rejected");
  assert.equal(item(one, "variable-set", key)["status"], "Accepted");
  assert.equal(item(one, "variable-value", key)["value"], "123");
  const refused = "ocppcommctrlr////heartbeatinterval//actual";
  assert.equal(item(one, "variable-set", refused)["status"], "Rejected");
  assert.equal(keysOf(one, "variable-value").length, 1);
});

test("several CALLs of one command follow each other, and each answer is kept", () => {
  const one = station("ocpp1.6");
  const variables = [{ variable: "A", value: "1" }, { variable: "B", value: "2" }, {
    variable: "C",
    value: "3",
  }];
  const id = command(one, "set-variables", { variables });
  for (const status of ["NotSupported", "RebootRequired", "Accepted"]) answer(one, { status });

  assert.deepEqual(one.orders().map(({ payload }) => payload), [
    { key: "A", value: "1" },
    { key: "B", value: "2" },
    { key: "C", value: "3" },
  ]);
  const row = one.stage.row("commands", id);
  assert.equal(row["status"], "rejected");
  assert.deepEqual(row["response"], [
    { status: "NotSupported" },
    { status: "RebootRequired" },
    { status: "Accepted" },
  ]);
  const status = (key: string): unknown =>
    item(one, "variable-set", `configuration////${key}//actual`)["status"];
  assert.deepEqual(["a", "b", "c"].map(status), ["NotSupported", "RebootRequired", "Accepted"]);
  assert.deepEqual(keysOf(one, "variable-value").length, 1);
});

test("silence and CALLERRORs are no values, and a late answer still counts", () => {
  const one = station("ocpp1.6");
  const key = "configuration////a//actual";
  const id = command(one, "set-variables", { variables: [{ variable: "A", value: "1" }] });
  one.answer(id, { outcome: "timedOut" });
  assert.equal(item(one, "variable-set", key)["status"], "unanswered");
  one.answer(id, { outcome: "answered", response: { status: "Accepted" } });
  assert.equal(item(one, "variable-set", key)["status"], "Accepted");
  assert.equal(item(one, "variable-value", key)["value"], "1");

  const failed = command(one, "set-variables", { variables: [{ variable: "A", value: "2" }] });
  const error = { code: "NotSupported", description: "", details: {} };
  one.answer(failed, { outcome: "failed", error });
  assert.equal(item(one, "variable-set", key)["status"], "NotSupported");
  assert.equal(item(one, "variable-value", key)["value"], "1");
});

test("keys of 1.6 are variables; unknown ones are told; all of them are an inventory", () => {
  const one = station("ocpp1.6");
  command(one, "get-report", {});
  answer(one, {
    configurationKey: [
      { key: "HeartbeatInterval", readonly: false, value: "300" },
      { key: "NumberOfConnectors", readonly: true, value: "2" },
      { key: "GetConfigurationMaxKeys", readonly: true, value: "2" },
    ],
  });
  const heartbeat = item(one, "variable-value", "configuration////heartbeatinterval//actual");
  assert.deepEqual([heartbeat["value"], heartbeat["mutability"]], ["300", "ReadWrite"]);
  assert.deepEqual(item(one, "inventory", "keys"), { at: one.stage.now, count: 3 });

  one.stage.advance(60_000);
  const variables = ["A", "B", "C"].map((variable) => ({ variable }));
  command(one, "get-variables", { variables });
  assert.deepEqual(one.orders().at(-1)?.payload, { key: ["A", "B"] }, "the limit is known now");
  answer(one, { configurationKey: [], unknownKey: ["A", "B"] });
  const unknown = item(one, "variable-value", "configuration////a//actual");
  assert.deepEqual([unknown["value"], unknown["status"]], [null, "UnknownVariable"]);
  assert.notEqual(item(one, "inventory", "keys")["at"], one.stage.now);
});

test("passwords are kept nowhere, whoever reads or sets them", () => {
  const one = station("ocpp1.6");
  call(one, "ChangeConfiguration", { key: "AuthorizationKey", value: "0123456789abcdef" });
  answer(one, { status: "Accepted" });
  call(one, "GetConfiguration", { key: ["AuthorizationKey"] });
  answer(one, {
    configurationKey: [{ key: "AuthorizationKey", readonly: false, value: "0123456789abcdef" }],
  });
  const bodies = [...keysOf(one, "variable-value"), ...keysOf(one, "variable-set")]
    .map((key) => JSON.stringify(one.stage.rows.get(key)));
  assert.equal(bodies.length, 2);
  for (const body of bodies) assert.ok(!body.includes("0123456789abcdef"), body);
});

test("rule B5: 1.6 is asked for its keys at first contact, behind what operators ask", () => {
  const one = new StationOnStage(new Stage(), "CP1", "ocpp1.6").register().connect();
  one.boot("S1");
  one.boot("S1");
  assert.deepEqual(
    one.orders().map(({ action, payload, priority }) => [action, payload, priority]),
    [
      ["GetConfiguration", {}, 2],
    ],
  );
  answer(one, { configurationKey: [{ key: "A", readonly: false, value: "1" }] });
  assert.equal(item(one, "variable-value", "configuration////a//actual")["value"], "1");
  assert.equal(one.stage.row("station_items", "CP1/inventory/keys")["block"], "inventory");
});

test("what a restart was to change is read when the station is back, unless it is quiet", () => {
  for (const quiet of [false, true]) {
    const one = new StationOnStage(new Stage(), "CP1", "ocpp2.0.1").register({ quiet }).connect();
    const variables = ["OfflineThreshold", "HeartbeatInterval"].map((variable) => ({
      ...{ component: "OCPPCommCtrlr", variable, value: "123" },
    }));
    command(one, "set-variables", { variables });
    answer(one, {
      setVariableResult: [
        { attributeStatus: "RebootRequired", ...wire("OfflineThreshold") },
        { attributeStatus: "Accepted", ...wire("HeartbeatInterval") },
      ],
    });
    one.disconnect();
    one.connect();
    const asked = one.orders().filter(({ action }) => action === "GetVariables");
    assert.deepEqual(
      asked.map(({ payload }) => payload),
      quiet
        ? []
        : [{ getVariableData: [{ attributeType: "Actual", ...wire("OfflineThreshold") }] }],
    );
  }
});

test("drift is an alert soon after an answer, and is settled when it is gone", () => {
  const one = station("ocpp1.6");
  const set = (): void => {
    command(one, "set-variables", { variables: [{ variable: "A", value: "1" }] });
    answer(one, { status: "Accepted" });
  };
  one.stage.drift = { count: 5, names: ["A", "B"] };
  set();
  assert.deepEqual(one.alerts(), []);
  one.stage.advance(CHECK_AFTER_MS);
  assert.deepEqual(one.alerts(), ["opened configurationDrift"]);
  const { data } = one.stage.facts.at(-1) ?? assert.fail("no fact");
  assert.equal((data as { detail: string }).detail, "Not as intended: A, B and 3 more");

  one.stage.drift = { count: 0, names: [] };
  set();
  one.stage.advance(CHECK_AFTER_MS);
  assert.deepEqual(one.alerts(), ["opened configurationDrift", "resolved configurationDrift"]);
  assert.deepEqual(one.stage.alarmsOf(one.address), []);

  one.stage.drift = { count: 1, names: ["A"] };
  assert.deepEqual(one.tell("configuration.check"), {});
  assert.equal(one.alerts().at(-1), "opened configurationDrift");
});

test("other tags may mean another configuration; the last part of a report too", () => {
  const one = station("ocpp2.0.1");
  one.tell("station.change", { settings: { heartbeatIntervalSeconds: 60 } });
  assert.deepEqual(one.stage.alarmsOf(one.address), []);
  one.tell("station.change", { settings: { tags: ["depot"] } });
  assert.deepEqual(one.stage.alarmsOf(one.address), ["configuration"]);
  one.stage.advance(CHECK_AFTER_MS);

  const report = { requestId: 1, generatedAt: one.time(), reportData: [] };
  assert.deepEqual(one.call("NotifyReport", { ...report, seqNo: 0, tbc: true }), {});
  assert.deepEqual(one.stage.alarmsOf(one.address), []);
  assert.deepEqual(one.call("NotifyReport", { ...report, seqNo: 1 }), {});
  assert.deepEqual(one.stage.alarmsOf(one.address), ["configuration"]);
});
