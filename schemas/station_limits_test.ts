import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf, inParts, isLimit, limitItem, limitOf, messageLimits } from "./station_limits.ts";
import { forSeeds } from "./seeded_testing.ts";

const items = { component: "DeviceDataCtrlr", variable: "ItemsPerMessage" };

test("the newest word about a limit counts, whoever asked for it", () => {
  const name = { ...items, variableInstance: "GetVariables" };
  const report = limitItem(name, { value: "4", at: 10, source: "report" });
  const answer = limitItem(name, { value: "9", at: 20, source: "answer" });
  assert.equal(limitOf([report, answer], name), 9);
  assert.equal(limitOf([report, { ...answer, body: { ...answer.body, at: 5 } }], name), 4);
  assert.equal(limitOf([report], { ...name, component: "devicedatactrlr" }), 4);
  assert.equal(limitOf([report], { ...items, variableInstance: "SetVariables" }), undefined);
});

test("what is no whole number from 1 limits nothing", () => {
  for (const value of ["", "0", "-1", "2.5", "many"]) {
    const item = limitItem(items, { value, at: 1, source: "report" });
    assert.equal(limitOf([item], items), undefined, value);
  }
});

test("items and bytes per message are found by instance, of the variable or the component", () => {
  const at = { at: 1, source: "report" } as const;
  const found = [
    limitItem({ ...items, variableInstance: "GetVariables" }, { value: "4", ...at }),
    limitItem({ ...items, variable: "BytesPerMessage", instance: "GetVariables" }, {
      value: "300",
      ...at,
    }),
  ];
  assert.deepEqual(messageLimits(found, "DeviceDataCtrlr", "GetVariables"), {
    items: 4,
    bytes: 300,
  });
  assert.deepEqual(messageLimits([], "DeviceDataCtrlr", "GetVariables"), {
    items: 16,
    bytes: Infinity,
  });
});

test("only what bounds our messages is a limit", () => {
  assert.ok(isLimit(items));
  assert.ok(isLimit({ variable: "GetConfigurationMaxKeys" }));
  assert.ok(!isLimit({ component: "OCPPCommCtrlr", variable: "HeartbeatInterval" }));
});

test("parts keep the order, lose nothing, hold both limits, and are as few as greed makes them", () => {
  forSeeds(200, (random) => {
    const pick = (most: number): number => random.whole(1, most);
    const entries = Array.from({ length: pick(40) }, () => "x".repeat(pick(30)));
    const limits = { items: pick(8), bytes: pick(120) };
    const size = (part: readonly string[]): number => bytesOf(part);
    const parts = inParts(entries, limits, size);

    assert.deepEqual(parts.flat(), entries);
    for (const [index, part] of parts.entries()) {
      assert.ok(part.length >= 1 && part.length <= limits.items);
      assert.ok(part.length === 1 || size(part) <= limits.bytes);
      const next = parts[index + 1]?.[0];
      if (next === undefined) continue;
      const isFull = part.length === limits.items || size([...part, next]) > limits.bytes;
      assert.ok(isFull, "the next entry had room");
    }
  });
});

test("thousands of entries are cut in parts in no time that a worker would miss", () => {
  const entries = Array.from({ length: 4_000 }, (_, n) => ({ idToken: `TOKEN${n}`, n }));
  let measured = 0;
  const parts = inParts(entries, { items: 10_000, bytes: 10_000_000 }, (part) => {
    measured += part.length;
    return bytesOf(part);
  });
  assert.equal(parts.length, 1);
  assert.ok(measured <= 3 * entries.length, `${measured} entries were measured`);
});
