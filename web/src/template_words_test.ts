import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigurationTemplate } from "#schemas/rest/device_model.ts";
import {
  draftOf,
  type DraftRow,
  hasDetails,
  newRow,
  problemsOf,
  settingsOf,
  warningOf,
  wordOfIntended,
  wordsOfMatch,
} from "./template_words.ts";

const whole: ConfigurationTemplate = {
  id: "depot",
  description: "All of the depot",
  match: { vendor: "Volta", model: "Two", firmware: "1.4*", tag: "depot" },
  protocol: "ocpp2.0.1",
  variables: [
    { component: "OCPPCommCtrlr", variable: "HeartbeatInterval", value: "60" },
    {
      ...{ component: "Connector", instance: "a", evseId: 1, connectorId: 0 },
      ...{ variable: "Current", variableInstance: "L1", attribute: "MaxSet", value: "" },
    },
  ],
};

test("a template that was opened and not changed is sent as it was", () => {
  const { id: _, ...settings } = whole;
  assert.deepEqual(settingsOf(draftOf(whole)), settings);
  assert.equal(draftOf(whole).id, "depot");
});

test("what was left empty is not sent, blanks around names neither", () => {
  const draft = { ...draftOf(undefined), vendor: " Volta ", tag: "  " };
  const rows = [{ ...newRow(0), variable: " HeartbeatInterval ", value: " 60" }, newRow(1)];
  assert.deepEqual(settingsOf({ ...draft, rows }), {
    description: "",
    match: { vendor: "Volta" },
    variables: [{ variable: "HeartbeatInterval", value: " 60" }],
  });
});

test("what a template is for, and what it sets, in words", () => {
  assert.deepEqual(wordsOfMatch(whole), [
    ...["Vendor Volta", "Model Two", "Firmware 1.4*", "Tag depot", "OCPP 2.0.1"],
  ]);
  assert.deepEqual(wordsOfMatch({ match: {} }), []);
  assert.deepEqual(whole.variables.map(wordOfIntended), [
    "OCPPCommCtrlr HeartbeatInterval = 60",
    "Connector 1.0 [a] Current [L1] · MaxSet = empty",
  ]);
  const key = { component: "Configuration", variable: "HeartbeatInterval", value: "5" };
  assert.equal(wordOfIntended(key), "HeartbeatInterval = 5");
});

test("a row says why it cannot be saved", () => {
  const row = (key: number, parts: Partial<DraftRow>): DraftRow => ({ ...newRow(key), ...parts });
  const problems = problemsOf([
    row(0, { variable: "HeartbeatInterval", value: "60" }),
    row(1, {}),
    row(2, { value: "60" }),
    row(3, { component: "Configuration", variable: "heartbeatinterval", value: "30" }),
    row(4, { variable: "AuthorizationKey", value: "x" }),
    row(5, { component: "Connector", connectorId: 1, variable: "Power", value: "x" }),
    row(6, { component: "EVSE", evseId: 1, variable: "Power", value: "x" }),
    row(7, { component: "EVSE", evseId: 1, variable: "Power", attribute: "Target", value: "x" }),
  ]);
  assert.deepEqual([...problems.keys()], [2, 3, 4, 5]);
  assert.match(problems.get(2) ?? "", /name of the variable/);
  assert.match(problems.get(3) ?? "", /above/);
  assert.match(problems.get(4) ?? "", /secret/);
  assert.match(problems.get(5) ?? "", /EVSE/);
});

test("a row that no station of the version has a word for is warned of", () => {
  const key = { ...newRow(0), variable: "HeartbeatInterval" };
  const variable = { ...key, component: "OCPPCommCtrlr" };
  assert.equal(warningOf(key, "ocpp1.6"), undefined);
  assert.equal(warningOf(variable, "ocpp2.1"), undefined);
  assert.equal(warningOf(key, null), undefined);
  assert.equal(warningOf(variable, null), undefined);
  assert.match(warningOf(key, "ocpp2.1") ?? "", /OCPP 2\.1 need a component/);
  assert.match(warningOf(variable, "ocpp1.6") ?? "", /no components/);
});

test("the details of a row stand open when there are some", () => {
  assert.deepEqual(draftOf(whole).rows.map(hasDetails), [false, true]);
});
