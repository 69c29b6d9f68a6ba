import assert from "node:assert/strict";
import { test } from "node:test";
import { type AskedSession, closableStations } from "./asked_sessions.ts";

function asked(stationId: string, id: string, answer: AskedSession["answer"]): AskedSession {
  return { stationId, id, answer };
}

test("closableStations() names a station only when all its sessions have ended", () => {
  const all = [
    asked("ended", "1", "has ended"),
    asked("ended", "2", "has ended"),
    asked("both", "3", "has ended"),
    asked("both", "4", "goes on"),
    asked("silent", "5", "cannot be asked"),
    asked("half-silent", "6", "has ended"),
    asked("half-silent", "7", "cannot be asked"),
  ];

  assert.deepEqual(closableStations(all), ["ended"]);
  assert.deepEqual(closableStations([]), []);
});
