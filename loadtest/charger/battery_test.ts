import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptedPower, charged } from "./battery.ts";

const car = { capacityWh: 50_000, maxPowerW: 100_000, charge: 0.2 };

test("a battery takes what the outlet gives, then tapers, then nothing", () => {
  assert.equal(acceptedPower(car, 11_000), 11_000);
  assert.equal(acceptedPower(car, 300_000), 100_000);
  const half = acceptedPower({ ...car, charge: 0.9 }, 300_000);
  assert.ok(half < 60_000 && half > 50_000, `${half} W at 90 %`);
  assert.equal(acceptedPower({ ...car, charge: 1 }, 300_000), 0);
});

test("energy is power over time and never more than fits", () => {
  const hour = charged(car, 11_000, 3_600);
  assert.ok(Math.abs(hour.energyWh - 11_000) < 1e-6);
  assert.ok(Math.abs(hour.battery.charge - 0.42) < 1e-9);
  const full = charged(car, 300_000, 100_000);
  assert.equal(full.battery.charge, 1);
  assert.ok(Math.abs(full.energyWh - 40_000) < 0.01);
});

test("many short steps give what one long step gives while power is constant", () => {
  let battery = { ...car };
  let energyWh = 0;
  for (let second = 0; second < 600; second++) {
    const step = charged(battery, 50_000, 1);
    battery = step.battery;
    energyWh += step.energyWh;
  }
  assert.ok(Math.abs(energyWh - charged(car, 50_000, 600).energyWh) < 1e-6);
});
