import assert from "node:assert/strict";
import { test } from "node:test";
import { provenActions } from "./proven_actions.ts";
import type { RecordedFrame, Side } from "./recording.ts";

function frame(from: Side, content: readonly unknown[]): RecordedFrame {
  return { at: "2026-01-01T00:00:00Z", station: "A", protocol: "ocpp2.1", from, frame: content };
}

const heartbeat = frame("station", [2, "1", "Heartbeat", {}]);
const answer = frame("platform", [3, "1", { currentTime: "2026-01-01T00:00:00Z" }]);
const stream = frame("station", [6, "2", "NotifyPeriodicEventStream", {
  id: 1,
  pending: 0,
  basetime: "2026-01-01T00:00:00Z",
  data: [{ t: 0, v: "1" }],
}]);

test("provenActions() counts a clean pair and a clean SEND", () => {
  const proven = provenActions("ocpp2.1", [heartbeat, answer, stream]);

  assert.deepEqual([...proven], ["Heartbeat", "NotifyPeriodicEventStream"]);
});

test("provenActions() counts no half, no CALLERROR, no breach, no other side's answer", () => {
  const cases: readonly (readonly RecordedFrame[])[] = [
    [heartbeat],
    [answer],
    [heartbeat, frame("platform", [4, "1", "GenericError", "", {}])],
    [heartbeat, frame("platform", [3, "1", {}])],
    [heartbeat, frame("station", [3, "1", { currentTime: "2026-01-01T00:00:00Z" }])],
    [frame("station", [2, "1", "Heartbeat", { surplus: 1 }]), answer],
    [heartbeat, { ...answer, station: "B" }],
    [frame("station", [6, "2", "Heartbeat", {}])],
    [frame("station", [2, "1", "NotifyPeriodicEventStream", {}]), answer],
  ];

  for (const frames of cases) assert.deepEqual([...provenActions("ocpp2.1", frames)], []);
  assert.deepEqual([...provenActions("ocpp2.0.1", [heartbeat, answer])], []);
});
