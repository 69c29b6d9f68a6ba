import assert from "node:assert/strict";
import { test } from "node:test";
import type { Variable } from "#schemas/rest/device_model.ts";
import {
  groupsOf,
  keyOfVariable,
  lookOfSet,
  lookOfSeverity,
  wordOfBounds,
  wordOfComponent,
  wordOfMonitor,
  wordOfVariable,
} from "./configuration_words.ts";

function variable(parts: Partial<Variable> = {}): Variable {
  return {
    ...{ component: "EVSE", variable: "Power", attribute: "Actual", value: "1", secret: false },
    ...{ reportedAt: null, status: null, set: null },
    ...parts,
  };
}

test("variables stand under their component and place, places in the order of numbers", () => {
  const places = [10, 2].map((evseId) => variable({ evseId }));
  const keys = variable({ component: "Configuration", variable: "HeartbeatInterval" });
  const groups = groupsOf([...places, keys, variable({ evseId: 2, variable: "Current" })]);
  assert.deepEqual(groups.map(({ word, variables }) => [word, variables.length]), [
    ["Configuration keys", 1],
    ["EVSE 2", 2],
    ["EVSE 10", 1],
  ]);
  assert.equal(
    wordOfComponent({ component: "Connector", evseId: 1, connectorId: 2 }),
    "Connector 1.2",
  );
  assert.equal(
    wordOfVariable({ variable: "Current", variableInstance: "L1", attribute: "MaxSet" }),
    "Current [L1] · MaxSet",
  );
});

test("a variable is found again whatever the case of its name", () => {
  const key = keyOfVariable({ variable: "HeartbeatInterval" });
  assert.equal(key, keyOfVariable({ component: "configuration", variable: "heartbeatinterval" }));
  assert.notEqual(key, keyOfVariable({ variable: "HeartbeatInterval", attribute: "MaxSet" }));
});

test("what was sent last is told until the value shows it", () => {
  const word = (status: string): string | undefined =>
    lookOfSet({ value: "1", status, at: "2026-11-22T00:00:00Z" })?.word;
  assert.equal(lookOfSet(null), undefined);
  const cases = [
    ["Accepted", undefined],
    ["pending", "Sent"],
    ["RebootRequired", "After a restart"],
    ["NotSupported", "Unknown to the station"],
    ["FormatViolation", "Refused: FormatViolation"],
  ] as const;
  for (const [status, expected] of cases) assert.equal(word(status), expected, status);
});

test("bounds, monitors and severities in words", () => {
  assert.equal(wordOfBounds(variable({ minLimit: 0, maxLimit: 600, unit: "s" })), "0 to 600 s");
  const list = { valuesList: "A,B", dataType: "OptionList" };
  assert.equal(wordOfBounds(variable(list)), "one of A, B");
  assert.equal(wordOfBounds(variable({ dataType: "boolean" })), "true or false");
  assert.equal(wordOfBounds(variable()), "");
  assert.equal(wordOfMonitor({ type: "UpperThreshold", value: 70 }), "above 70");
  assert.equal(wordOfMonitor({ type: "Own", value: null }), "Own");
  assert.deepEqual([0, 4, 9, null].map((severity) => lookOfSeverity(severity).tone), [
    "faulted",
    "occupied",
    "charging",
    "off",
  ]);
});
