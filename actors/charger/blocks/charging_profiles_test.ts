import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal, Stage, StationOnStage, tokenRecord } from "#actors/stage_testing.ts";
import { OWN_PROFILE_ID } from "#schemas/charging_profile_items.ts";
import type { CommandDescription, CommandRequest } from "#schemas/events/charger.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";

type Json = Readonly<Record<string, unknown>>;

const start = "2026-11-22T00:00:00Z";

function station(protocol: OcppProtocol = "ocpp2.0.1"): StationOnStage {
  const stage = new Stage();
  stage.tokens.set("tag1", tokenRecord("TAG1"));
  return new StationOnStage(stage, "CP1", protocol).register({ quiet: true }).connect();
}

function profile(id: number, changes: Json = {}, limit = 16): Json {
  return {
    id,
    stackLevel: 0,
    chargingProfilePurpose: "TxDefaultProfile",
    chargingProfileKind: "Absolute",
    chargingSchedule: [{
      id: 1,
      startSchedule: start,
      chargingRateUnit: "A",
      chargingSchedulePeriod: [{ startPeriod: 0, limit }],
    }],
    ...changes,
  };
}

/** The newest CALL of ours. */
function lastOrder(one: StationOnStage): { action: string; messageId: string; payload: Json } {
  const { action, messageId, payload } = one.orders().at(-1) ?? assert.fail("nothing was sent");
  return { action, messageId, payload: payload as Json };
}

let ids = 0;

function command(one: StationOnStage, kind: CommandRequest["kind"], body: Json): string {
  const id = `c${++ids}`;
  const request = { id, kind, body, timeoutMs: 10_000, queueMs: 60_000 };
  return (one.tell("command.request", request) as CommandDescription).id;
}

function answered(one: StationOnStage, id: string, response: Json): void {
  one.answer(id, { outcome: "answered", response });
}

/** Sets a profile that the station accepts. */
function set(one: StationOnStage, evseId: number, chargingProfile: Json): void {
  answered(one, command(one, "set-charging-profile", { evseId, chargingProfile }), {
    status: "Accepted",
  });
}

/** Keys of the items of a block, in their order. */
function keys(one: StationOnStage, block = "charging-profile"): string[] {
  const prefix = `station_items/CP1/${block}/`;
  return [...one.stage.rows.keys()].filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length)).toSorted();
}

function item(one: StationOnStage, key: string, block = "charging-profile"): Json {
  return one.stage.row("station_items", `CP1/${block}/${key}`)["body"] as Json;
}

function startTransaction(one: StationOnStage, transactionId: string, more: Json = {}): void {
  one.call("TransactionEvent", {
    eventType: "Started",
    triggerReason: "Authorized",
    seqNo: 0,
    timestamp: one.time(),
    transactionInfo: { transactionId },
    evse: { id: 1, connectorId: 1 },
    idToken: { idToken: "TAG1", type: "ISO14443" },
    ...more,
  });
}

function endTransaction(one: StationOnStage, transactionId: string): void {
  one.call("TransactionEvent", {
    eventType: "Ended",
    triggerReason: "RemoteStop",
    seqNo: 9,
    timestamp: one.time(),
    transactionInfo: { transactionId },
  });
}

test("a profile is pending when it leaves, and believed once the station accepted it", () => {
  const one = station();
  const chargingProfile = profile(5);
  const id = command(one, "set-charging-profile", { evseId: 1, chargingProfile });

  assert.deepEqual(one.orders()[0]?.payload, { evseId: 1, chargingProfile });
  assert.deepEqual(keys(one), ["asked/5"]);
  assert.equal(item(one, "asked/5")["state"], "pending");
  answered(one, id, { status: "Accepted" });
  assert.deepEqual(keys(one), ["held/5"]);
  assert.deepEqual(item(one, "held/5")["chargingProfile"], chargingProfile);
  assert.deepEqual(one.stage.facts.filter(({ name }) => name === "profile.updated").length, 2);
});

test("a refused or failed profile leaves what was believed, and says why", () => {
  const one = station();
  set(one, 1, profile(5));
  const body = { evseId: 1, chargingProfile: profile(5, {}, 20) };
  answered(one, command(one, "set-charging-profile", body), {
    status: "Rejected",
    statusInfo: { reasonCode: "NoRoom" },
  });
  const asked = item(one, "asked/5");
  assert.deepEqual([asked["state"], asked["reason"]], ["rejected", "Rejected (NoRoom)"]);
  assert.deepEqual(item(one, "held/5")["chargingProfile"], profile(5));
  const error = { code: "NotSupported", description: "", details: {} };
  one.answer(command(one, "set-charging-profile", body), { outcome: "failed", error });
  assert.equal(item(one, "asked/5")["reason"], "NotSupported");
  one.answer(command(one, "set-charging-profile", body), { outcome: "timedOut" });
  assert.equal(item(one, "asked/5")["state"], "unknown");
});

test("K4: the same id replaces; in 1.6 so does the same purpose and stack level", () => {
  const one = station("ocpp1.6");
  set(one, 1, profile(5));
  set(one, 2, profile(5, { stackLevel: 3 }));
  assert.equal(item(one, "held/5")["evseId"], 2);
  set(one, 2, profile(6, { stackLevel: 3 }));
  assert.deepEqual(keys(one), ["held/6"]);
});

test("K01.FR.06: a profile that 2.x forbids beside a believed one is not sent", () => {
  const one = station();
  set(one, 0, profile(5));
  const attempt = (chargingProfile: Json, evseId = 1): string =>
    refusal(() => command(one, "set-charging-profile", { evseId, chargingProfile }));
  assert.equal(attempt(profile(6)), "conflict");
  assert.equal(attempt(profile(6, { chargingProfilePurpose: "TxProfile" })), "invalid-value");
  assert.equal(attempt(profile(6, { stackLevel: 1 })), "none");
  assert.equal(one.orders().length, 2);
});

test("what goes out by raw calls changes the same belief, in either version", () => {
  for (const protocol of ["ocpp1.6", "ocpp2.0.1"] as const) {
    const one = station(protocol);
    const payload = protocol === "ocpp1.6"
      ? {
        connectorId: 1,
        csChargingProfiles: {
          chargingProfileId: 5,
          stackLevel: 0,
          chargingProfilePurpose: "TxDefaultProfile",
          chargingProfileKind: "Relative",
          chargingSchedule: {
            chargingRateUnit: "W",
            chargingSchedulePeriod: [{ startPeriod: 0, limit: 5_000 }],
          },
        },
      }
      : { evseId: 1, chargingProfile: profile(5) };
    const request = { id: "r1", action: "SetChargingProfile", payload, timeoutMs: 5_000 };
    one.tell("call.request", request);
    answered(one, "r1", { status: "Accepted" });
    const held = item(one, "held/5");
    assert.equal((held["chargingProfile"] as Json)["id"], 5, protocol);
    const clear = protocol === "ocpp1.6" ? { id: 5 } : { chargingProfileId: 5 };
    one.tell("call.request", {
      id: "r2",
      action: "ClearChargingProfile",
      payload: clear,
      timeoutMs: 5_000,
    });
    answered(one, "r2", { status: "Accepted" });
    assert.deepEqual(keys(one), [], protocol);
  }
});

test("a raw call with something else than a profile is the station's to judge", () => {
  const one = station();
  const payload = { evseId: 1, chargingProfile: { id: "x" } };
  one.tell("call.request", { id: "r1", action: "SetChargingProfile", payload, timeoutMs: 5_000 });
  answered(one, "r1", { status: "Accepted" });
  assert.deepEqual(keys(one), []);
});

test("clear by criteria removes what meets all of them, also when the station knows of none", () => {
  const one = station();
  set(one, 0, profile(1, { chargingProfilePurpose: "ChargingStationMaxProfile" }));
  set(one, 1, profile(2, { stackLevel: 2 }));
  set(one, 2, profile(3, { stackLevel: 2 }));
  const body = { purpose: "TxDefaultProfile", stackLevel: 2, evseId: 1 };
  answered(one, command(one, "clear-charging-profile", body), { status: "Accepted" });
  assert.deepEqual(keys(one), ["held/1", "held/3"]);
  const id = command(one, "clear-charging-profile", { chargingProfileId: 3 });
  answered(one, id, { status: "Unknown" });
  assert.deepEqual(keys(one), ["held/1"]);
  assert.equal(one.stage.row("commands", id)["status"], "rejected");
});

test("K2: a TxProfile is for its session's transaction and is gone with it", () => {
  const one = station();
  startTransaction(one, "T1");
  const chargingProfile = profile(7, { chargingProfilePurpose: "TxProfile" });
  const body = { evseId: 1, chargingProfile, sessionId: "CP1~1" };
  const id = command(one, "set-charging-profile", body);
  const sent = lastOrder(one).payload["chargingProfile"] as Json;
  assert.equal(sent["transactionId"], "T1");
  answered(one, id, { status: "Accepted" });
  set(one, 1, profile(8));
  assert.deepEqual(keys(one), ["held/7", "held/8"]);
  endTransaction(one, "T1");
  set(one, 2, profile(9));
  assert.deepEqual(keys(one), ["held/8", "held/9"]);
});

test("a TxProfile inside a remote start is believed for the session that follows", () => {
  const one = station();
  const chargingProfile = profile(7, { chargingProfilePurpose: "TxProfile" });
  const body = { tokenUid: "TAG1", evseId: 1, chargingProfile };
  const id = command(one, "remote-start", body);
  answered(one, id, { status: "Accepted" });
  assert.deepEqual(item(one, "held/7")["start"], { tokenUid: "TAG1", evseId: 1, afterSession: 0 });
  startTransaction(one, "T1");
  set(one, 2, profile(8));
  assert.deepEqual(keys(one), ["held/7", "held/8"]);
  endTransaction(one, "T1");
  one.stage.advance(10 * 60_000);
  set(one, 2, profile(8));
  assert.deepEqual(keys(one), ["held/8"]);
});

test("reports in parts replace what was reported before, as far as was asked", () => {
  const one = station();
  const external = profile(90, { chargingProfilePurpose: "ChargingStationExternalConstraints" });
  const report = (requestId: number, more: Json): unknown =>
    one.call("ReportChargingProfiles", {
      requestId,
      chargingLimitSource: "CSO",
      evseId: 1,
      ...more,
    });
  assert.deepEqual(
    report(999, { chargingLimitSource: "EMS", evseId: 0, chargingProfile: [external] }),
    {},
  );
  assert.deepEqual(keys(one, "reported-profile"), ["90"]);

  const id = command(one, "get-charging-profiles", { purpose: "TxDefaultProfile" });
  const asked = lastOrder(one).payload;
  assert.deepEqual(Object.keys(asked), ["requestId", "chargingProfile"]);
  answered(one, id, { status: "Accepted" });
  const requestId = Number(asked["requestId"]);
  report(requestId, { chargingProfile: [profile(1)], tbc: true });
  assert.deepEqual(keys(one, "reported-profile"), ["90"]);
  report(requestId, { chargingProfile: [profile(2)], evseId: 2 });
  assert.deepEqual(keys(one, "reported-profile"), ["1", "2", "90"]);
  assert.equal(item(one, "2", "reported-profile")["evseId"], 2);
  assert.deepEqual(keys(one), []);

  const none = command(one, "get-charging-profiles", { evseId: 2, purpose: "TxDefaultProfile" });
  answered(one, none, { status: "NoProfiles" });
  assert.deepEqual(keys(one, "reported-profile"), ["1", "90"]);
  assert.equal(one.stage.row("commands", none)["status"], "accepted");
});

test("the station's composite schedule is compared with ours", () => {
  for (const protocol of ["ocpp1.6", "ocpp2.0.1"] as const) {
    const one = station(protocol);
    set(one, 1, profile(5));
    const body = { evseId: 1, durationSeconds: 600, unit: "A" };
    const id = command(one, "get-composite-schedule", body);
    const periods = [{ startPeriod: 0, limit: 16 }, { startPeriod: 300, limit: 20 }];
    const schedule = {
      duration: 600,
      chargingRateUnit: "A",
      chargingSchedulePeriod: periods.map((period) => ({ ...period, numberPhases: 3 })),
    };
    answered(
      one,
      id,
      protocol === "ocpp1.6"
        ? {
          status: "Accepted",
          connectorId: 1,
          scheduleStart: one.time(),
          chargingSchedule: schedule,
        }
        : { status: "Accepted", schedule: { evseId: 1, scheduleStart: one.time(), ...schedule } },
    );
    assert.deepEqual(item(one, "1/A", "composite-schedule")["differences"], [
      { startS: 300, endS: 600, ours: 16_000, theirs: 20_000 },
    ], protocol);
  }
});

test("K11 to K13: limits of others are kept until they are cleared, and count", () => {
  const one = station();
  const chargingSchedule = [{
    id: 1,
    chargingRateUnit: "A",
    chargingSchedulePeriod: [{ startPeriod: 0, limit: 10 }],
  }];
  one.call("NotifyChargingLimit", {
    evseId: 1,
    chargingLimit: { chargingLimitSource: "EMS", isGridCritical: true },
    chargingSchedule,
  });
  assert.equal(item(one, "1/EMS", "charging-limit")["isGridCritical"], true);
  set(one, 1, profile(5));
  const id = command(one, "get-composite-schedule", { evseId: 1, durationSeconds: 60 });
  const schedule = {
    evseId: 1,
    scheduleStart: one.time(),
    duration: 60,
    chargingRateUnit: "A",
    chargingSchedulePeriod: [{ startPeriod: 0, limit: 10, numberPhases: 3 }],
  };
  answered(one, id, { status: "Accepted", schedule });
  assert.deepEqual(item(one, "1/A", "composite-schedule")["differences"], []);
  one.call("ClearedChargingLimit", { chargingLimitSource: "EMS", evseId: 1 });
  assert.deepEqual(keys(one, "charging-limit"), []);
});

function needs(one: StationOnStage, chargingNeeds: Json): unknown {
  return one.call("NotifyEVChargingNeeds", { evseId: 1, chargingNeeds });
}

const threePhases: Json = {
  requestedEnergyTransfer: "AC_three_phase",
  acChargingParameters: {
    energyAmount: 20_000,
    evMinCurrent: 6,
    evMaxCurrent: 32,
    evMaxVoltage: 400,
  },
};

test("K15: needs are answered at once, with a TxProfile within the believed limits", () => {
  const one = station();
  set(one, 0, profile(1, { chargingProfilePurpose: "ChargingStationMaxProfile" }, 20));
  startTransaction(one, "T1");
  assert.deepEqual(needs(one, threePhases), { status: "Accepted" });
  const order = lastOrder(one);
  assert.equal(order.action, "SetChargingProfile");
  const sent = order.payload["chargingProfile"] as Json;
  assert.deepEqual([sent["id"], sent["transactionId"]], [OWN_PROFILE_ID + 1, "T1"]);
  const [schedule] = sent["chargingSchedule"] as Json[];
  assert.deepEqual(schedule?.["chargingSchedulePeriod"], [
    { startPeriod: 0, limit: 20, numberPhases: 3 },
  ]);
  answered(one, order.messageId, { status: "Accepted" });
  assert.equal(item(one, `held/${OWN_PROFILE_ID + 1}`)["evseId"], 1);
});

test("K15: needs without a transaction, or without an amount, are rejected", () => {
  const one = station();
  assert.deepEqual(needs(one, threePhases), { status: "Rejected" });
  startTransaction(one, "T1");
  assert.deepEqual(needs(one, { requestedEnergyTransfer: "DC" }), { status: "Rejected" });
  assert.deepEqual(one.orders(), []);
});

test("K17: a vehicle's plan inside the limits is accepted, one outside gets its profile anew", () => {
  const one = station();
  startTransaction(one, "T1");
  needs(one, {
    requestedEnergyTransfer: "DC",
    dcChargingParameters: { evMaxCurrent: 100, evMaxVoltage: 400 },
  });
  answered(one, lastOrder(one).messageId, { status: "Accepted" });
  const plan = (limit: number): unknown =>
    one.call("NotifyEVChargingSchedule", {
      timeBase: one.time(),
      evseId: 1,
      chargingSchedule: {
        id: 1,
        duration: 3_600,
        chargingRateUnit: "W",
        chargingSchedulePeriod: [{ startPeriod: 0, limit }],
      },
    });
  assert.deepEqual(plan(40_000), { status: "Accepted" });
  assert.equal(one.orders().length, 1);
  assert.deepEqual(plan(41_000), { status: "Rejected" });
  assert.equal(one.orders().length, 2);
  assert.equal(lastOrder(one).action, "SetChargingProfile");
});
