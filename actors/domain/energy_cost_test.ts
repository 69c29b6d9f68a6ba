import assert from "node:assert/strict";
import { test } from "node:test";
import { amountNumber, energyCost, isWhole } from "./energy_cost.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";

const price = (perKwh: string, currency = "EUR") => ({ perKwh, currency, taxIncluded: true });

test("energyCost() is exact and rounds half a minor unit up, once", () => {
  const rows: readonly (readonly [string, number, string, string])[] = [
    ["0.30", 5_000, "EUR", "1.50"],
    ["0", 5_000, "EUR", "0.00"],
    ["0.49", 1, "EUR", "0.00"],
    ["0.5", 10, "EUR", "0.01"],
    ["0.5", 9, "EUR", "0.00"],
    ["0.1", 3_000, "EUR", "0.30"],
    ["1.005", 1_000, "EUR", "1.01"],
    ["0.123456", 1_000_000, "EUR", "123.46"],
    ["9999999.999999", 1_000_000, "EUR", "10000000000.00"],
    ["30", 5_000, "JPY", "150"],
    ["0.1", 5_000, "JPY", "1"],
    ["0.085", 10_001, "KWD", "0.850"],
    ["0.3", -5, "EUR", "0.00"],
  ];
  for (const [perKwh, wh, currency, amount] of rows) {
    assert.deepEqual(energyCost(price(perKwh, currency), wh), { amount, currency });
  }
  assert.equal(amountNumber({ amount: "1.50", currency: "EUR" }), 1.5);
});

test("energyCost() never falls with energy or price, and is within half a unit of the truth", () => {
  const random = new SimRandom(62);
  for (let round = 0; round < 2_000; round++) {
    const cents = random.integer(10_000);
    const wh = random.integer(200_000);
    const perKwh = `${Math.floor(cents / 10_000)}.${String(cents % 10_000).padStart(4, "0")}`;
    const cost = Number(energyCost(price(perKwh), wh).amount);
    const exact = cents * wh / 10_000_000;
    assert.ok(Math.abs(cost - exact) <= 0.005 + 1e-9, `${perKwh} x ${wh}: ${cost}`);
    assert.ok(Number(energyCost(price(perKwh), wh + random.integer(1_000)).amount) >= cost);
    const splitAt = random.integer(wh + 1);
    const parts = [splitAt, wh - splitAt].map((part) => energyCost(price(perKwh), part));
    const sum = parts.reduce((total, { amount }) => total + Math.round(Number(amount) * 100), 0);
    assert.ok(Math.abs(sum - Math.round(cost * 100)) <= 1, "two parts cost a cent more at most");
  }
});

test("a net price says nothing of what the driver pays, unless it is nothing", () => {
  assert.equal(isWhole(price("0.3")), true);
  assert.equal(isWhole({ ...price("0.3"), taxIncluded: false }), false);
  assert.equal(isWhole({ ...price("0.00"), taxIncluded: false }), true);
});
