import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startDemo } from "../demo.ts";
import { listField } from "../charger/dialect.ts";
import { OperatedChargers } from "./operated_chargers.ts";

let stage: OperatedChargers;

before(async () => {
  stage = await OperatedChargers.start();
});
after(() => stage.close());

test("the demo's operator limits stations, writes on displays and reserves", async () => {
  const demo = await startDemo({ ...stage.address, seed: 3 });
  try {
    const reservation = await stage.item("/reservations", ({ status }) => status !== "pending");
    assert.ok(demo.stationIds.includes(String(reservation["stationId"])));
    const [first = ""] = demo.stationIds;
    await stage.shown(
      `/stations/${first}/charging-profiles`,
      (all) => listField(all, "believed").length === 1,
    );
    await stage.item(`/stations/${first}/display-messages`, ({ status }) => status === "accepted");
  } finally {
    await demo.close();
  }
});
