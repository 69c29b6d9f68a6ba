import { equal } from "node:assert/strict";
import { test } from "node:test";
import {
  formatAgo,
  formatDuration,
  formatEnergy,
  formatExact,
  formatInstant,
  formatMoney,
  formatPower,
  parseInstant,
} from "./format.ts";

test("power is shown in the unit that keeps it short", () => {
  equal(formatPower(0), "0 W");
  equal(formatPower(740), "740 W");
  equal(formatPower(7_360), "7.4 kW");
  equal(formatPower(148_250), "148.3 kW");
  equal(formatPower(1_250_000), "1.25 MW");
  equal(formatPower(null), "–");
});

test("a value just below a unit's limit never reads 1,000 of the smaller unit", () => {
  equal(formatPower(999.6), "1.0 kW");
  equal(formatPower(999_960), "1.00 MW");
  equal(formatEnergy(999.7), "1.00 kWh");
  equal(formatEnergy(999_996), "1.00 MWh");
});

test("money has the digits and the sign of its currency", () => {
  equal(formatMoney({ amount: "1.50", currency: "EUR" }), "€1.50");
  equal(formatMoney({ amount: "150", currency: "JPY" }), "¥150");
  equal(formatMoney({ amount: "0.850", currency: "KWD" }).replace(/\s/u, " "), "KWD 0.850");
});

test("energy is shown to ten watt-hours", () => {
  equal(formatEnergy(820), "820 Wh");
  equal(formatEnergy(12_450), "12.45 kWh");
  equal(formatEnergy(undefined), "–");
});

test("a duration names the two units that matter", () => {
  equal(formatDuration(-5), "0 s");
  equal(formatDuration(45_999), "45 s");
  equal(formatDuration(12 * 60_000), "12 min");
  equal(formatDuration(185 * 60_000), "3 h 05 min");
  equal(formatDuration(52 * 3_600_000), "2 d 4 h");
});

test("an age is a sentence", () => {
  equal(formatAgo(1_000, 2_000), "just now");
  equal(formatAgo(0, 12 * 60_000), "12 min ago");
  equal(formatAgo(180_000, 0), "in 3 min");
});

test("an instant is shown in the local zone, with the day when it is another", () => {
  const at = Date.UTC(2026, 10, 22, 16, 4, 9);
  equal(formatInstant(at, at, "Europe/Amsterdam"), "17:04:09");
  equal(formatInstant(at, at + 86_400_000, "Europe/Amsterdam"), "22 Nov, 17:04");
  equal(formatInstant(at, at + 366 * 86_400_000, "Europe/Amsterdam"), "22 Nov 2026, 17:04");
});

test("the whole instant names its zone and UTC", () => {
  const at = Date.UTC(2026, 6, 1, 22, 30, 0);
  equal(formatExact(at, "UTC"), "1 July 2026, 22:30:00 UTC (22:30:00 UTC)");
});

test("what is no instant is none", () => {
  equal(parseInstant("2026-11-22T16:04:09Z"), Date.UTC(2026, 10, 22, 16, 4, 9));
  equal(parseInstant("yesterday"), null);
  equal(parseInstant(null), null);
});
