import assert from "node:assert/strict";
import { test } from "node:test";
import { normalise, scaleByTen, unitDefault } from "./quantity.ts";

test("rule M2: units become Wh, W, A and V, and a multiplier is a power of ten", () => {
  const rows: readonly (readonly [number, string, number, number, string])[] = [
    [1.1, "kWh", 0, 1100, "Wh"],
    [1.234, "kWh", 0, 1234, "Wh"],
    [0.000001, "kWh", 0, 0.001, "Wh"],
    [1e21, "kWh", 0, 1e24, "Wh"],
    [12, "Wh", 3, 12000, "Wh"],
    [12.5, "kWh", -3, 12.5, "Wh"],
    [7.4, "kW", 0, 7400, "W"],
    [32000, "mA", 0, 32, "A"],
    [230, "V", 0, 230, "V"],
    [0.4, "kV", 0, 400, "V"],
    [2, "kvarh", 0, 2000, "varh"],
    [1, "kVA", 0, 1000, "VA"],
    [50, "Percent", 0, 50, "Percent"],
    [50, "%", 0, 50, "Percent"],
    [3, "KWH", 0, 3000, "Wh"],
    [-2, "kWh", 0, -2000, "Wh"],
    [5, "furlong", 1, 50, "furlong"],
    [5, "", 0, 5, ""],
  ];
  for (const [value, unit, exponent, expected, as] of rows) {
    assert.deepEqual(normalise(value, unit, exponent), { value: expected, unit: as });
  }
});

test("rule M6: Celcius, Celsius, Fahrenheit and Kelvin are one unit", () => {
  assert.deepEqual(normalise(21.5, "Celcius"), { value: 21.5, unit: "Celsius" });
  assert.deepEqual(normalise(21.5, "Celsius"), { value: 21.5, unit: "Celsius" });
  assert.deepEqual(normalise(212, "Fahrenheit"), { value: 100, unit: "Celsius" });
  assert.deepEqual(normalise(300, "K"), { value: 26.85, unit: "Celsius" });
});

test("rule M1: a missing unit is Wh for energy and the likely one for the rest", () => {
  const units: Readonly<Record<string, string>> = {
    "Energy.Active.Import.Register": "Wh",
    "Energy.Active.Export.Interval": "Wh",
    "Energy.Reactive.Import.Register": "varh",
    "Energy.Apparent.Net": "VAh",
    "Power.Active.Import": "W",
    "Power.Offered": "W",
    "Power.Factor": "",
    "Current.Import": "A",
    "Voltage": "V",
    "SoC": "Percent",
    "Frequency": "Hz",
    "Temperature": "Celsius",
    "vendor.Speciality": "",
  };
  for (const [measurand, unit] of Object.entries(units)) {
    assert.equal(unitDefault(measurand), unit, measurand);
  }
});

test("scaleByTen() is exact for every tenth of an ampere and every milli-kilowatt-hour", () => {
  for (let thousandths = 0; thousandths < 20_000; thousandths++) {
    assert.equal(scaleByTen(Number(`${thousandths}e-3`), 3), thousandths);
  }
});
