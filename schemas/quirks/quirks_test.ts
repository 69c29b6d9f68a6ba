/** Every quirk with a frame as a station sends it. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { URL } from "node:url";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { checkRequest } from "#schemas/ocpp_schemas.ts";
import { stationMessages16 } from "#schemas/ocpp16/mod.ts";
import { stationMessages201 } from "#schemas/ocpp201/mod.ts";
import { adaptPayload } from "./adapt.ts";
import { isOfMessages, quirkOf, quirksInForce, quirksOfBuild } from "./find.ts";
import { quirkTable } from "./table.ts";

const now = Date.UTC(2026, 10, 22, 12);
const timestamp = "2026-11-22T11:59:00Z";

interface Row {
  /** What its boot says; null = an operator has said that the station has the quirk. */
  readonly build: readonly [vendor: string, model: string, firmware: string] | null;
  readonly protocol?: OcppProtocol;
  readonly action: string;
  readonly payload: object;
  /** The official schema refuses it as it comes. */
  readonly isRefused: boolean;
  /** As it is read. */
  readonly meant: object;
}

const meter = (sample: object): object => ({
  connectorId: 1,
  meterValue: [{ timestamp, sampledValue: [sample] }],
});
const register = "Energy.Active.Import.Register";

const adaptations: Readonly<Record<string, Row>> = {
  "openevse-numbers": {
    build: ["OpenEVSE", "OpenEVSE", "7.1.3"],
    action: "MeterValues",
    payload: meter({ value: 604.213, measurand: register, unit: "Wh" }),
    isRefused: true,
    meant: meter({ value: "604.213", measurand: register, unit: "Wh" }),
  },
  "openevse-kwh-as-wh": {
    build: ["OpenEVSE", "OpenEVSE", "4.2.2"],
    action: "MeterValues",
    payload: meter({ value: "361", measurand: register, unit: "Wh" }),
    isRefused: false,
    meant: meter({ value: "361", measurand: register, unit: "kWh" }),
  },
  "huawei-value-object": {
    build: ["Huawei", "FusionCharge", "V100"],
    action: "MeterValues",
    payload: {
      connectorId: 1,
      transactionId: 1,
      meterValue: { timestamp, sampledValue: [{ value: "0.00", unit: "kWh" }] },
    },
    isRefused: true,
    meant: {
      connectorId: 1,
      transactionId: 1,
      meterValue: [{ timestamp, sampledValue: [{ value: "0.00", unit: "kWh" }] }],
    },
  },
  "legrand-error-code": {
    build: ["LEGRAND", "Green'Up", "1.0"],
    action: "StatusNotification",
    payload: { connectorId: 0, errorCode: "Error", status: "Faulted", timestamp },
    isRefused: true,
    meant: { connectorId: 0, errorCode: "OtherError", status: "Faulted", timestamp },
  },
  "ocular-tag-padding": {
    build: ["Ocular", "LTE Plus V3", "1.2"],
    action: "StopTransaction",
    payload: {
      meterStop: 1_388,
      idTag: "BA86I250X5G6MOD5DLKD\u0010\u000e",
      transactionId: 7,
      timestamp,
      reason: "EVDisconnected",
    },
    isRefused: true,
    meant: {
      meterStop: 1_388,
      idTag: "BA86I250X5G6MOD5DLKD",
      transactionId: 7,
      timestamp,
      reason: "EVDisconnected",
    },
  },
  "number-or-text": {
    build: null,
    action: "StopTransaction",
    payload: { meterStop: "1388", transactionId: "7", timestamp, idTag: 4_711 },
    isRefused: true,
    meant: { meterStop: 1_388, transactionId: 7, timestamp, idTag: "4711" },
  },
  "missing-time": {
    build: null,
    protocol: "ocpp2.0.1",
    action: "StatusNotification",
    payload: { timestamp: "", connectorStatus: "Available", evseId: 1, connectorId: 1 },
    isRefused: true,
    meant: {
      timestamp: "2026-11-22T12:00:00.000Z",
      connectorStatus: "Available",
      evseId: 1,
      connectorId: 1,
    },
  },
  "wh-as-kwh": {
    build: null,
    action: "MeterValues",
    payload: meter({ value: "330000", unit: "kWh" }),
    isRefused: false,
    meant: meter({ value: "330000", unit: "Wh" }),
  },
  "kwh-as-wh": {
    build: null,
    protocol: "ocpp2.0.1",
    action: "MeterValues",
    payload: { evseId: 1, meterValue: [{ timestamp, sampledValue: [{ value: 361.5 }] }] },
    isRefused: false,
    meant: {
      evseId: 1,
      meterValue: [{
        timestamp,
        sampledValue: [{ value: 361.5, unitOfMeasure: { unit: "kWh" } }],
      }],
    },
  },
};

for (const [id, row] of Object.entries(adaptations)) {
  test(`quirk ${id}: the frame is read as it was meant, and only with the quirk`, () => {
    const { build, protocol = "ocpp1.6", action, payload } = row;
    const [vendor = "V", model = "M", firmwareVersion = "1"] = build ?? [];
    const choice = { on: build === null ? [id] : [], off: [] };
    const quirks = quirksInForce({ vendor, model, firmwareVersion }, protocol, choice)
      .filter((quirk) => quirk.id === id);
    assert.equal(quirks.length, 1);
    const judge = (said: unknown): boolean =>
      checkRequest(protocol, action, said, "received") !== undefined;

    assert.equal(judge(payload), row.isRefused);
    const before = structuredClone(payload);
    const meant = adaptPayload(quirks, { protocol, action, payload }, now);

    assert.deepEqual(meant, row.meant);
    assert.equal(judge(meant), false);
    assert.deepEqual(payload, before, "what came is not changed in place");
    assert.equal(adaptPayload(quirks, { protocol, action, payload: meant }, now), meant);
    assert.equal(adaptPayload([], { protocol, action, payload }, now), payload);
  });
}

test("OpenEVSE of 2021 has both of its quirks, one after the other", () => {
  const quirks = quirksInForce(
    { vendor: "OpenEVSE", model: "Advanced", firmwareVersion: "4.1.1" },
    "ocpp1.6",
  );
  const payload = meter({ value: 604.213, unit: "Wh" });
  assert.deepEqual(
    adaptPayload(quirks, { protocol: "ocpp1.6", action: "MeterValues", payload }, now),
    meter({ value: "604.213", unit: "kWh" }),
  );
});

test("what no quirk explains is left as it is", () => {
  const quirks = quirkTable.filter(isOfMessages);
  for (const payload of [null, [], "text", {}, { meterValue: [null, { sampledValue: 7 }] }]) {
    const call = { protocol: "ocpp1.6", action: "MeterValues", payload } as const;
    assert.deepEqual(
      adaptPayload(quirks.filter(({ id }) => id !== "missing-time"), call, now),
      payload,
    );
  }
  const call = { protocol: "ocpp1.6", action: "Nothing", payload: { value: 1 } } as const;
  assert.deepEqual(adaptPayload(quirks, call, now), call.payload);
});

/** Builds that rules and people want to know of. */
const builds: Readonly<Record<string, readonly [string, string, string]>> = {
  "evbox-elvi-purposes": ["EV-BOX", "ELVI", "G3P1"],
  "timxon-purposes": ["Timxon", "A0", "1"],
  "abb-terra-ac-stack-level": ["ABB", "TAC-W11", "1.8.0"],
  "alfen-hex-tags": ["Alfen BV", "NG910-60023", "4.15.7-4054"],
  "wallbox-no-meter-values": ["Wall Box Chargers", "Pulsar Pro", "6.11.16"],
  "etrel-own-transaction-ids": ["Etrel", "INCH Home", "4.4"],
};

for (const [id, [chargePointVendor, chargePointModel, firmwareVersion]] of Object.entries(builds)) {
  test(`quirk ${id} is known from the boot`, () => {
    const frame = { chargePointVendor, chargePointModel, firmwareVersion };
    assert.equal(checkRequest("ocpp1.6", "BootNotification", frame, "received"), undefined);
    const boot = stationMessages16["BootNotification"]?.toEvent(frame, now);
    assert.ok(boot?.type === "BootNotification");
    assert.ok(quirksOfBuild(boot, "ocpp1.6").some((quirk) => quirk.id === id));
    assert.equal(quirksOfBuild({ ...boot, vendor: "V", model: "M" }, "ocpp1.6").length, 0);
    assert.equal(quirksOfBuild(boot, "ocpp2.1").some((quirk) => quirk.id === id), false);
  });
}

type Borne = readonly [action: string, payload: object, read: (event: object) => unknown, unknown];
const field = (name: string) => (event: object): unknown => Reflect.get(event, name);
const firstSample = (event: object): unknown =>
  (Reflect.get(event, "samples") as { unit: string; value: number; at: number }[])[0];

/** What is borne from every station: the frame passes, and is read so. */
const borne: Readonly<Record<string, Borne>> = {
  "placeholder-transaction-id": [
    "StopTransaction",
    { transactionId: -1, meterStop: 5, timestamp },
    field("transactionId"),
    "-1",
  ],
  "celcius": [
    "MeterValues",
    meter({ value: "32", measurand: "Temperature", unit: "Celcius" }),
    (event) => Reflect.get(Object(firstSample(event)), "unit"),
    "Celsius",
  ],
  "unit-outside-list": [
    "MeterValues",
    meter({ value: "49.97", measurand: "Frequency", unit: "hz" }),
    (event) => Reflect.get(Object(firstSample(event)), "unit"),
    "Hz",
  ],
  "missing-stop-reason": [
    "StopTransaction",
    { meterStop: 322, timestamp: "2021-05-02T06:52:08Z", transactionId: 1_625_568_827 },
    field("stoppedReason"),
    "Local",
  ],
  "empty-value": ["MeterValues", meter({ value: "", measurand: register }), field("unreadable"), 1],
  "time-without-zone": [
    "StartTransaction",
    { connectorId: 1, idTag: "T", meterStart: 0, timestamp: "2023-10-19T15:28:07" },
    field("at"),
    Date.UTC(2023, 9, 19, 15, 28, 7),
  ],
  "clock-never-set": [
    "StatusNotification",
    {
      connectorId: 0,
      errorCode: "NoError",
      status: "Available",
      timestamp: "1970-01-01T00:00:00.740Z",
    },
    field("at"),
    740,
  ],
  "status-before-boot": [
    "StatusNotification",
    { connectorId: 1, errorCode: "NoError", status: "Available" },
    field("at"),
    null,
  ],
};

for (const [id, [action, payload, read, expected]] of Object.entries(borne)) {
  test(`quirk ${id} is borne from every station`, () => {
    assert.equal(checkRequest("ocpp1.6", action, payload, "received"), undefined);
    const event = stationMessages16[action]?.toEvent(payload, now);
    assert.ok(event !== undefined);
    assert.deepEqual(read(event), expected);
  });
}

test("the table is whole: ids are its own, sources are links, files are there, all are tried", () => {
  const ids = quirkTable.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const { id, sources, effect, summary, remedy } of quirkTable) {
    assert.match(id, /^[a-z0-9-]{3,40}$/);
    assert.ok(sources.length > 0 && sources.every((link) => link.startsWith("https://")), id);
    assert.ok(summary.length > 10 && remedy.length > 3, id);
    assert.equal(quirkOf(id)?.id, id);
    if (effect.kind !== "borne") continue;
    assert.ok(existsSync(new URL(`../../${effect.where}`, import.meta.url)), effect.where);
  }
  const tried = new Set([
    ...Object.keys(adaptations),
    ...Object.keys(builds),
    ...Object.keys(borne),
    // Its frame is one of ours: actors/charger/blocks/quirks_test.ts.
    "authorization-key-text",
  ]);
  assert.deepEqual(ids.filter((id) => !tried.has(id)), []);
});

test("an operator's word counts more than the build", () => {
  const build = { vendor: "Huawei", model: "x", firmwareVersion: null };
  const idsOf = (on: readonly string[], off: readonly string[]): readonly string[] =>
    quirksInForce(build, "ocpp1.6", { on, off }).map(({ id }) => id);
  assert.deepEqual(idsOf([], []), ["huawei-value-object"]);
  assert.deepEqual(idsOf([], ["huawei-value-object"]), []);
  assert.deepEqual(idsOf(["kwh-as-wh"], []), ["huawei-value-object", "kwh-as-wh"]);
  assert.deepEqual(idsOf(["authorization-key-text", "nonsense"], ["kwh-as-wh"]), [
    "huawei-value-object",
    "authorization-key-text",
  ]);
  assert.deepEqual(quirksInForce(null, null), []);
  assert.ok(stationMessages201["MeterValues"] !== undefined);
});
