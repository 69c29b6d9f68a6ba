import assert from "node:assert/strict";
import { test } from "node:test";
import { ITEM_KEY_LENGTH_MAX } from "#schemas/station_items.ts";
import { CommandedStation } from "./commanded_testing.ts";

test("a name that no index takes is not kept, and the others of the answer are", () => {
  const station = CommandedStation.on("ocpp1.6");
  const id = station.raw("GetConfiguration", {});
  station.answered(id, {
    configurationKey: [
      { key: "k".repeat(5_000), readonly: false, value: "1" },
      { key: "HeartbeatInterval", readonly: false, value: "300" },
    ],
    unknownKey: ["u".repeat(ITEM_KEY_LENGTH_MAX)],
  });
  assert.equal(station.statusOf(id), "answered");
  assert.deepEqual(station.items("variable-value").map(({ variable }) => variable), [
    "HeartbeatInterval",
  ]);
});
