import { deepEqual, equal, notEqual } from "node:assert/strict";
import { test } from "node:test";
import { adviceFor } from "./command_advice.ts";
import { lookOfCommand, lookOfConnector, lookOfStatus } from "./status.ts";
import type { Command, CommandStatus, Session } from "./shapes.ts";

const statuses = [
  "Available",
  "Preparing",
  "Occupied",
  "Charging",
  "SuspendedEV",
  "SuspendedEVSE",
  "Finishing",
  "Reserved",
  "Unavailable",
  "Faulted",
];

test("tones that differ have shapes that differ: colour is never alone", () => {
  const shapeOfTone = new Map<string, string>();
  for (const status of statuses) {
    const { tone, shape } = lookOfStatus(status);
    equal(shapeOfTone.get(tone) ?? shape, shape);
    shapeOfTone.set(tone, shape);
  }
  equal(new Set(shapeOfTone.values()).size, shapeOfTone.size);
});

test("a status that nobody knows is shown as the station sent it", () => {
  deepEqual(lookOfStatus("Dancing"), { word: "Dancing", tone: "off", shape: "dotted" });
});

test("an occupied 2.x connector shows what its open session does", () => {
  const session = { status: "open", state: "Charging" } as Session;
  equal(lookOfConnector("Occupied", session).word, "Charging");
  equal(lookOfConnector("Occupied", undefined).word, "Occupied");
  equal(lookOfConnector("Faulted", session).word, "Faulted");
});

test("every command that did not do what it should says what to do next", () => {
  const troubled: readonly CommandStatus[] = [
    "rejected",
    "failed",
    "timedOut",
    "expired",
    "unknown",
  ];
  const fine: readonly CommandStatus[] = ["queued", "sent", "answered", "accepted"];
  const command = (status: CommandStatus): Command => ({
    id: "c",
    stationId: "CP1",
    kind: "unlock",
    status,
    createdAt: "",
    updatedAt: "",
  });
  for (const status of troubled) notEqual(adviceFor(command(status)), undefined);
  for (const status of fine) equal(adviceFor(command(status)), undefined);
  equal(lookOfCommand("timedOut").word, "No answer");
});

test("a reason that the station gives is passed on", () => {
  const advice = adviceFor({
    id: "c",
    stationId: "CP1",
    kind: "unlock",
    status: "rejected",
    response: { status: "UnlockFailed", statusInfo: { reasonCode: "CableJammed" } },
    createdAt: "",
    updatedAt: "",
  });
  equal(advice?.endsWith("Its reason: CableJammed."), true);
});
