/** Stations of a size that few have: what is stored stays within its bound, and nothing is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { refusal, snapshotBytesMax, Stage, StationOnStage } from "./stage_testing.ts";

const CONNECTORS = 40;

function start(one: StationOnStage, connector: number): unknown {
  if (one.protocol === "ocpp1.6") {
    const idTag = `0123456789ABCDEF${connector}`;
    const request = { connectorId: connector, idTag, meterStart: 12_345_678 };
    return one.call("StartTransaction", { ...request, timestamp: one.time() });
  }
  return one.call("TransactionEvent", {
    eventType: "Started",
    timestamp: one.time(),
    triggerReason: "CablePluggedIn",
    seqNo: 0,
    transactionInfo: { transactionId: crypto.randomUUID() },
    evse: { id: connector, connectorId: 1 },
    idToken: { idToken: `0123456789ABCDEF${connector}`, type: "ISO14443" },
  });
}

function status(one: StationOnStage, connector: number, word: string): void {
  const timestamp = one.time();
  const report = one.protocol === "ocpp1.6"
    ? { connectorId: connector, errorCode: "GroundFailure", status: word, timestamp }
    : { evseId: connector, connectorId: 1, connectorStatus: word, timestamp };
  one.call("StatusNotification", report);
}

test("the largest station that is taken, 64 connectors, fits its snapshot", () => {
  const stage = new Stage();
  const one = new StationOnStage(stage, "X".repeat(48), "ocpp1.6")
    .register({ authorisationRequired: false }).connect();
  for (let round = 0; round < 2; round++) {
    for (let connector = 1; connector <= 64; connector++) {
      stage.advance(1_000);
      status(one, connector, "SuspendedEVSE");
      start(one, connector);
    }
  }
  assert.ok(stage.largestSnapshot <= snapshotBytesMax, `${stage.largestSnapshot} bytes`);
});

for (const protocol of ["ocpp1.6", "ocpp2.0.1"] as const satisfies readonly OcppProtocol[]) {
  test(`${protocol}: ${CONNECTORS} sessions at once on one station fit its snapshot`, () => {
    const stage = new Stage();
    const settings = { authorisationRequired: false, tags: ["a".repeat(100)] };
    const identity = "DE*ABC*E-A-VERY-LONG-IDENTITY-OF-48-CHARACTERS-01";
    const one = new StationOnStage(stage, identity, protocol).register(settings).connect();
    for (let round = 0; round < 2; round++) {
      for (let connector = 1; connector <= CONNECTORS; connector++) {
        stage.advance(1_000);
        status(one, connector, "Faulted");
        start(one, connector);
      }
    }
    assert.equal((one.describe()["openSessions"] as unknown[]).length, CONNECTORS);
    // Each is answered: sent, or refused clearly.
    for (let command = 0; command < 40; command++) {
      const body = { evseId: 1 };
      const id = crypto.randomUUID();
      const request = { id, kind: "unlock", body, timeoutMs: 1_000, queueMs: 0, replyTo: "api.x" };
      const outcome = refusal(() => one.tell("command.request", request));
      assert.ok(outcome === "none" || outcome === "overloaded", outcome);
    }
    assert.ok(one.orders().length > 0);
    assert.ok(stage.largestSnapshot <= snapshotBytesMax, `${stage.largestSnapshot} bytes`);

    const closed = one.tell("session.close-stale") as { closed: readonly string[] };
    assert.equal(closed.closed.length, CONNECTORS);
  });
}
