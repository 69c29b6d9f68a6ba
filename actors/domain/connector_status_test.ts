import assert from "node:assert/strict";
import { test } from "node:test";
import {
  chargingStateOf,
  isAvailable,
  isNewer,
  type OcpiStatus,
  ocpiStatusOf,
} from "./connector_status.ts";

test("rule S4: an older report changes nothing, one without a time counts as new", () => {
  assert.equal(isNewer(2_000, 1_000), true);
  assert.equal(isNewer(1_000, 1_000), true);
  assert.equal(isNewer(999, 1_000), false);
  assert.equal(isNewer(null, 1_000), true);
  assert.equal(isNewer(1_000, null), true);
});

test("rule S3: every status maps to OCPI, with and without a session", () => {
  const rows: readonly (readonly [string, OcpiStatus, OcpiStatus])[] = [
    ["Available", "AVAILABLE", "AVAILABLE"],
    ["Preparing", "BLOCKED", "CHARGING"],
    ["Charging", "CHARGING", "CHARGING"],
    ["SuspendedEV", "CHARGING", "CHARGING"],
    ["SuspendedEVSE", "CHARGING", "CHARGING"],
    ["Finishing", "BLOCKED", "CHARGING"],
    ["Occupied", "BLOCKED", "CHARGING"],
    ["Reserved", "RESERVED", "RESERVED"],
    ["Unavailable", "INOPERATIVE", "INOPERATIVE"],
    ["Faulted", "OUTOFORDER", "OUTOFORDER"],
    ["Dancing", "UNKNOWN", "UNKNOWN"],
  ];
  for (const [status, without, during] of rows) {
    assert.equal(ocpiStatusOf({ status, isReachable: true, hasSession: false }), without);
    assert.equal(ocpiStatusOf({ status, isReachable: true, hasSession: true }), during);
    assert.equal(ocpiStatusOf({ status, isReachable: false, hasSession: true }), "UNKNOWN");
  }
});

test("rule S3: only what is reachable and Available is available", () => {
  assert.equal(isAvailable("Available", true), true);
  assert.equal(isAvailable("Available", false), false);
  for (const status of ["Preparing", "Occupied", "Reserved", "Faulted", "available", ""]) {
    assert.equal(isAvailable(status, true), false, status);
  }
});

test("rule S1: the session part of the nine 1.6 statuses", () => {
  assert.equal(chargingStateOf("Preparing"), "EVConnected");
  assert.equal(chargingStateOf("Charging"), "Charging");
  assert.equal(chargingStateOf("SuspendedEV"), "SuspendedEV");
  assert.equal(chargingStateOf("SuspendedEVSE"), "SuspendedEVSE");
  for (const status of ["Available", "Finishing", "Reserved", "Unavailable", "Faulted"]) {
    assert.equal(chargingStateOf(status), null);
  }
});
