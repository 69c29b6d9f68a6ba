import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal } from "#actors/stage_testing.ts";
import type { SocketGranted } from "#schemas/events/gateway.ts";
import { learnedKey } from "#schemas/station_items.ts";
import { CommandedStation } from "./commanded_testing.ts";

type Json = Readonly<Record<string, unknown>>;

/** The item of one quirk. */
function quirk(station: CommandedStation, key: string): Json | undefined {
  const row = station.stage.rows.get(`station_items/CP1/quirk/${key}`);
  return row?.["body"] as Json | undefined;
}

function order(station: CommandedStation, id: string, is: string): void {
  station.tell("block.order", { block: "quirks", order: { quirk: id, is } });
}

function granted(station: CommandedStation): SocketGranted["quirks"] {
  const opened = { gateway: "g1", protocol: "ocpp1.6", remoteAddress: "::1", again: false };
  return (station.tell("socket.opened", opened) as SocketGranted).quirks;
}

function boots(station: CommandedStation, chargePointVendor: string): void {
  station.call("BootNotification", { chargePointVendor, chargePointModel: "M" });
}

test("a gateway is told the quirks of the station's build, and of none that it has none", () => {
  const station = CommandedStation.on("ocpp1.6");
  assert.equal(granted(station), undefined);
  boots(station, "Huawei");
  assert.deepEqual(granted(station), { inForce: ["huawei-value-object"], on: [], off: [] });
  boots(station, "Alfen BV");
  assert.equal(granted(station), undefined, "what nothing is done about is not told");
});

test("operators have the last word; it is kept, told to the gateway, and survives a boot", () => {
  const station = CommandedStation.on("ocpp1.6");
  boots(station, "Huawei");
  order(station, "huawei-value-object", "off");
  order(station, "kwh-as-wh", "on");
  const expected = { inForce: ["kwh-as-wh"], on: ["kwh-as-wh"], off: ["huawei-value-object"] };
  assert.deepEqual(station.stage.sent.at(-1), {
    subject: "gateway.g1",
    message: {
      ...{ order: "quirks", tenant: "default", identity: "CP1", epoch: station.epoch },
      quirks: expected,
    },
  });
  assert.deepEqual(quirk(station, "kwh-as-wh"), { choice: "on", at: station.time() });
  boots(station, "Huawei");
  assert.deepEqual(granted(station), expected);

  order(station, "huawei-value-object", "on");
  order(station, "kwh-as-wh", "off");
  assert.deepEqual(granted(station), {
    ...{ inForce: ["huawei-value-object"], on: ["huawei-value-object"], off: ["kwh-as-wh"] },
  });
});

test("an order that names nothing is refused, and so many are set at most", () => {
  const station = CommandedStation.on("ocpp1.6");
  assert.equal(refusal(() => order(station, "kwh-as-wh", "maybe")), "malformed");
  assert.equal(refusal(() => order(station, "learned-nothing", "off")), "not-found");
  const ids = [
    ...["kwh-as-wh", "wh-as-kwh", "missing-time", "number-or-text", "celcius"],
    ...["empty-value", "timxon-purposes", "alfen-hex-tags"],
  ];
  for (const id of ids) order(station, id, "off");
  assert.equal(refusal(() => order(station, "clock-never-set", "off")), "conflict");
  order(station, "celcius", "on");
});

test("profiles that are refused are remembered by purpose and unit until one is accepted", () => {
  const station = CommandedStation.on("ocpp1.6");
  const payload = {
    connectorId: 0,
    csChargingProfiles: {
      chargingProfileId: 8,
      stackLevel: 6,
      chargingProfilePurpose: "ChargePointMaxProfile",
      chargingProfileKind: "Relative",
      chargingSchedule: {
        chargingRateUnit: "A",
        chargingSchedulePeriod: [{ startPeriod: 0, limit: 10 }],
      },
    },
  };
  station.answered(station.raw("SetChargingProfile", payload), { status: "Rejected" });
  const key = learnedKey.profile("ChargingStationMaxProfile", "A");
  assert.deepEqual(quirk(station, key), {
    at: station.time(),
    why: "SetChargingProfile of purpose ChargingStationMaxProfile in A at stack level 6 was " +
      "answered Rejected",
    dismissedAt: null,
    ...{ purpose: "ChargingStationMaxProfile", unit: "A", stackLevel: 6, status: "Rejected" },
  });
  order(station, key, "off");
  assert.equal(quirk(station, key)?.["dismissedAt"], station.time());
  station.answer(station.raw("SetChargingProfile", payload), { outcome: "timedOut" });
  assert.equal(quirk(station, key)?.["dismissedAt"], station.time());
  station.answered(station.raw("SetChargingProfile", payload), { status: "Accepted" });
  assert.equal(quirk(station, key), undefined);
  station.answered(station.raw("SetChargingProfile", {}), { status: "Rejected" });
  assert.deepEqual(station.items("quirk"), []);
});

test("quirk authorization-key-text: after hex digits were Rejected the next password is text", () => {
  const station = CommandedStation.on("ocpp1.6");
  const sealed = (name: string): Json => ({ $sealed: name });
  const body = { password: sealed("text"), key: sealed("hex") };
  const values = (): readonly unknown[] =>
    station.orders().filter(({ action }) => action === "ChangeConfiguration")
      .map(({ payload }) => (payload as Json)["value"]);
  station.answered(station.command("set-password", body), { status: "Rejected" });
  assert.equal(
    quirk(station, learnedKey.authorizationKey)?.["why"],
    "ChangeConfiguration of AuthorizationKey in hex digits was Rejected",
  );
  station.answered(station.command("set-password", body), { status: "Accepted" });
  order(station, learnedKey.authorizationKey, "off");
  station.answered(station.command("set-password", body), { status: "Accepted" });
  order(station, "authorization-key-text", "on");
  station.answered(station.command("set-password", body), { status: "Accepted" });
  assert.deepEqual(values(), ["hex", "text", "hex", "text"].map(sealed));
});

test("a meter that moves by a thousandth of its power is remembered", () => {
  const station = CommandedStation.on("ocpp1.6", { authorisationRequired: false });
  const { transactionId } = station.call("StartTransaction", {
    ...{ connectorId: 1, idTag: "T", meterStart: 0, timestamp: station.time() },
  }) as { readonly transactionId: number };
  for (let minutes = 0; minutes <= 60; minutes += 10) {
    const timestamp = station.time();
    const power = { measurand: "Power.Active.Import", unit: "W", value: "7200" };
    station.call("MeterValues", {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp, sampledValue: [{ value: String(minutes / 10) }, power] }],
    });
    station.stage.advance(10 * 60_000);
  }
  station.call("StopTransaction", { transactionId, meterStop: 7, timestamp: station.time() });

  assert.deepEqual(quirk(station, learnedKey.energyUnit), {
    at: station.time(),
    why: "The meter of session CP1~1 moved by a thousandth of what its power says",
    dismissedAt: null,
    suggests: "kwh-as-wh",
  });
});
