import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal, Stage, StationOnStage } from "#actors/stage_testing.ts";
import { LOOP_BOOTS, RETRY_LEAST_S, RETRY_SPREAD_S, spreadRetrySeconds } from "./registration.ts";

function station(settings: Readonly<Record<string, unknown>> = {}): StationOnStage {
  return new StationOnStage(new Stage(), "CP1", "ocpp1.6").register(settings).connect();
}
const status = { connectorId: 1, errorCode: "NoError", status: "Available" };

test("rule B1: a Pending station may boot and send what was triggered, all else is refused", () => {
  const pending = station({ registration: "Pending" });

  assert.equal((pending.boot() as { status: string }).status, "Pending");
  assert.equal(refusal(() => pending.call("Heartbeat", {})), "forbidden");
  assert.equal(refusal(() => pending.call("StatusNotification", status)), "forbidden");

  const body = { message: "StatusNotification" };
  const command = { id: "c1", kind: "trigger", body, timeoutMs: 1_000, queueMs: 0 };
  pending.tell("command.request", command);
  assert.equal(pending.orders()[0]?.action, "TriggerMessage");
  assert.deepEqual(pending.call("StatusNotification", status), {});
  assert.equal(refusal(() => pending.call("Heartbeat", {})), "forbidden");
});

test("rule B1: GetBaseReport lets NotifyReport through while Pending", () => {
  const stage = new Stage();
  const pending = new StationOnStage(stage, "CP1", "ocpp2.0.1")
    .register({ registration: "Pending" }).connect();
  const report = { requestId: 1, generatedAt: pending.time(), seqNo: 0 };

  assert.equal(refusal(() => pending.call("NotifyReport", report)), "forbidden");
  const payload = { requestId: 1, reportBase: "FullInventory" };
  const call = { id: "c1", action: "GetBaseReport", payload, timeoutMs: 1_000 };
  pending.tell("call.request", call);

  assert.deepEqual(pending.call("NotifyReport", report), {});
});

test("rule B2: to a Rejected station nothing is sent and nothing but its boot is taken", () => {
  const rejected = station({ registration: "Rejected" });

  assert.equal((rejected.boot() as { status: string }).status, "Rejected");
  assert.equal(refusal(() => rejected.call("StatusNotification", status)), "forbidden");
  const command = { id: "c1", kind: "reset", body: { type: "OnIdle" }, timeoutMs: 1, queueMs: 9 };
  assert.equal(refusal(() => rejected.tell("command.request", command)), "conflict");
  assert.deepEqual(rejected.stage.sent, []);
});

test("rule B3: the interval is the heartbeat's when Accepted, else the wait; the time is ours", () => {
  const accepted = station({ heartbeatIntervalSeconds: 42 });
  const pending = station({ registration: "Pending", heartbeatIntervalSeconds: 42 });

  const currentTime = accepted.time();
  assert.deepEqual(accepted.boot(), { currentTime, interval: 42, status: "Accepted" });
  const interval = spreadRetrySeconds("CP1");
  assert.deepEqual(pending.boot(), { currentTime, interval, status: "Pending" });
  for (const registration of ["Pending", "Rejected"]) {
    const waiting = station({ registration, bootRetrySeconds: 7 });
    assert.equal((waiting.boot() as { interval: number }).interval, 7);
    waiting.tell("station.change", { settings: { bootRetrySeconds: null } });
    assert.equal((waiting.boot() as { interval: number }).interval, interval);
  }
  assert.deepEqual(accepted.call("Heartbeat", {}), { currentTime });
});

test("rule B4: a boot with another serial number than the certificate's is cut off", () => {
  const stage = new Stage();
  const secured = new StationOnStage(stage, "CP1", "ocpp2.0.1").register({ securityProfile: 3 });
  const opened = { gateway: "g1", protocol: "ocpp2.0.1", remoteAddress: "::1", again: false };
  secured.tell("socket.opened", { ...opened, commonName: "SN1" });
  const boot = (serialNumber: string): unknown =>
    secured.call("BootNotification", {
      reason: "PowerUp",
      chargingStation: { vendorName: "V", model: "M", serialNumber },
    });

  assert.equal(refusal(() => boot("SN2")), "forbidden");
  assert.deepEqual(
    stage.sent.map(({ subject, message }) => [subject, (message as { order: string }).order]),
    [
      ["gateway.g1", "close"],
    ],
  );
  assert.equal((boot("SN1") as { status: string }).status, "Accepted");
});

test("rule B5: at first contact and after new firmware a 2.x station is asked for all it has", () => {
  const stage = new Stage();
  const fresh = new StationOnStage(stage, "CP1", "ocpp2.0.1").register().connect();
  const boot = (firmwareVersion: string): unknown =>
    fresh.call("BootNotification", {
      reason: "PowerUp",
      chargingStation: { vendorName: "V", model: "M", firmwareVersion },
    });

  boot("1");
  boot("1");
  assert.deepEqual(fresh.orders().map(({ action, payload }) => ({ action, payload })), [
    { action: "GetBaseReport", payload: { requestId: 1, reportBase: "FullInventory" } },
  ]);
  boot("2");
  assert.equal(fresh.orders().length, 2);
  const commands = [...stage.rows.keys()].filter((key) => key.startsWith("commands/"));
  assert.deepEqual(commands, [], "what the platform asks on its own is no operator's command");
});

test("rule B5: a quiet station is asked nothing on our own", () => {
  const quiet = new StationOnStage(new Stage(), "CP1", "ocpp2.1").register({ quiet: true })
    .connect();
  quiet.boot();
  assert.deepEqual(quiet.stage.sent, []);
});

test("an accepted station that has not booted is heard (A.5: no boot comes after a reconnect)", () => {
  assert.deepEqual(station().call("StatusNotification", status), {});
});

test("register refuses a known station, import replaces, change merges, remove forgets", () => {
  const stage = new Stage();
  const known = new StationOnStage(stage, "CP1", "ocpp1.6");
  assert.equal(refusal(() => known.tell("station.change", { settings: {} })), "not-found");
  assert.equal(refusal(() => known.describe()), "not-found");

  known.register({ tags: ["a"], quiet: true });
  assert.equal(refusal(() => known.register()), "conflict");
  known.tell("station.change", { settings: { tags: ["b"] } });
  assert.deepEqual([known.describe()["tags"], known.describe()["quiet"]], [["b"], true]);
  const imported = known.tell("station.import", { settings: { tags: ["c"] } });
  assert.equal((imported as { created: boolean }).created, false);
  assert.deepEqual([known.describe()["tags"], known.describe()["quiet"]], [["c"], false]);

  known.connect();
  known.tell("station.remove");
  assert.equal(stage.rows.size, 0);
  assert.equal(refusal(() => known.describe()), "not-found");
  assert.deepEqual((stage.sent.at(-1)?.message as { order: string }).order, "close");
  assert.equal(refusal(() => known.call("Heartbeat", {})), "forbidden");
});

test("the numbers of sessions go on when a removed station comes back", () => {
  const station16 = station({ authorisationRequired: false });
  const start = { connectorId: 1, idTag: "T", meterStart: 0, timestamp: station16.time() };
  station16.call("StartTransaction", start);
  station16.tell("station.remove");
  station16.register({ authorisationRequired: false }).connect();
  station16.stage.advance(1_000);
  station16.call("StartTransaction", { ...start, timestamp: station16.time() });
  assert.deepEqual(station16.describe()["openSessions"], ["CP1~2"]);
});

test("an unknown station registers itself only where that is allowed", () => {
  const stage = new Stage();
  const unknown = new StationOnStage(stage, "CP1", "ocpp1.6");
  assert.deepEqual(unknown.tell("socket.authenticate", { identity: "CP1" }), { known: false });
  assert.equal(refusal(() => unknown.connect()), "not-found");
  assert.deepEqual(stage.facts, []);

  stage.mayRegister = true;
  const reply = unknown.tell("socket.authenticate", { identity: "CP1" });
  assert.deepEqual(reply, { known: true, securityProfile: 0, passwords: [] });
  unknown.connect();
  assert.equal((unknown.boot() as { status: string }).status, "Accepted");
  assert.equal(stage.row("stations", "CP1")["connected"], true);
});

test("a password is taken over, left or taken away as asked, and closes nothing", () => {
  const secured = new StationOnStage(new Stage(), "CP1", "ocpp1.6");
  const password = { scheme: "scrypt", salt: "c2FsdA==", hash: "aGFzaA==" };
  const passwords = (): unknown =>
    (secured.tell("socket.authenticate", { identity: "CP1" }) as { passwords: unknown }).passwords;
  secured.tell("station.register", { settings: { securityProfile: 1 }, password });
  secured.connect();

  assert.deepEqual(passwords(), [password]);
  secured.tell("station.change", { settings: { tags: ["x"] } });
  assert.deepEqual(passwords(), [password]);
  secured.tell("station.change", { settings: {}, password: { ...password, hash: "bmV1" } });
  assert.deepEqual(passwords(), [{ ...password, hash: "bmV1" }]);
  secured.tell("station.change", { settings: {}, password: null });
  assert.deepEqual(passwords(), []);
  assert.deepEqual(secured.stage.sent, []);
  assert.doesNotMatch(JSON.stringify(secured.describe()), /hash/);
});

test("five boots within ten minutes are a loop, until one comes later", () => {
  const looping = station();
  for (let boot = 0; boot < LOOP_BOOTS; boot++) {
    looping.boot();
    looping.stage.advance(60_000);
  }
  assert.deepEqual(looping.alerts(), ["opened bootLoop"]);
  looping.stage.advance(60 * 60_000);
  looping.boot();
  assert.deepEqual(looping.alerts(), ["opened bootLoop", "resolved bootLoop"]);
});

test("boots of a station that waits to be accepted are no loop", () => {
  const pending = station({ registration: "Pending" });
  for (let boot = 0; boot < 10; boot++) pending.boot();
  assert.deepEqual(pending.alerts(), []);
});

test("free vend by the location takes any token until the location says otherwise", () => {
  const one = station();
  const status = (): unknown => one.call("Authorize", { idTag: "UNHEARD" });
  one.tell("station.change", { settings: { isFreePlace: true } });
  assert.deepEqual(status(), { idTagInfo: { status: "Accepted" } });
  assert.ok(!("isFreePlace" in (one.tell("station.describe") as object)));
  one.tell("station.change", { settings: { isFreePlace: false } });
  assert.deepEqual(status(), { idTagInfo: { status: "Invalid" } });
});

test("who did not hear that its station was registered or removed asks again and gets the same", () => {
  const one = new StationOnStage(new Stage(), "CP1", "ocpp1.6");
  const register = (cause: string): unknown =>
    one.tell("station.register", { settings: { tags: ["a"] } }, { cause });
  const first = register("rest/1");
  assert.equal((first as { created: boolean }).created, true);
  assert.deepEqual(register("rest/1"), first);
  assert.equal(refusal(() => register("rest/2")), "conflict");

  assert.deepEqual(one.tell("station.remove", {}, { cause: "rest/3" }), {});
  assert.deepEqual(one.tell("station.remove", {}, { cause: "rest/3" }), {});
  assert.equal(refusal(() => one.tell("station.remove", {}, { cause: "rest/4" })), "not-found");

  register("rest/5");
  one.tell("station.remove", {}, { cause: "rest/3" });
  assert.deepEqual(one.describe()["tags"], ["a"]);
});

test("stations that wait to be accepted come back spread over a minute, each at its own time", () => {
  const waits = Array.from({ length: 6_000 }, (_, n) => spreadRetrySeconds(`CP${n}`));
  const bySecond = Map.groupBy(waits, (seconds) => seconds);
  assert.equal(bySecond.size, RETRY_SPREAD_S);
  assert.equal(Math.min(...waits), RETRY_LEAST_S);
  for (const [seconds, stations] of bySecond) {
    assert.ok(stations.length > 50 && stations.length < 200, `${seconds} s: ${stations.length}`);
  }
});

for (const protocol of ["ocpp1.6", "ocpp2.0.1"] as const) {
  test(`${protocol}: a Pending station is asked to boot when it is accepted, and is then`, () => {
    const pending = new StationOnStage(new Stage(), "CP1", protocol)
      .register({ registration: "Pending" }).connect();
    pending.boot();
    // Configured meanwhile: what operators send goes out.
    const body = { message: "StatusNotification" };
    pending.tell("command.request", { id: "c1", kind: "trigger", body, timeoutMs: 9, queueMs: 0 });
    pending.tell("station.change", { settings: { tags: ["checked"] } });
    assert.equal(pending.orders().length, 1);

    pending.tell("station.change", { settings: { registration: "Accepted" } });
    const [, trigger] = pending.orders();
    assert.deepEqual([trigger?.action, trigger?.payload], [
      ...["TriggerMessage", { requestedMessage: "BootNotification" }],
    ]);
    assert.equal((pending.boot() as { status: string }).status, "Accepted");
    pending.tell("station.change", { settings: { registration: "Accepted" } });
    assert.deepEqual(
      pending.orders().filter(({ action }) => action === "TriggerMessage").length,
      2,
    );
  });
}

test("who is quiet, away or was Rejected is not asked to boot when it is accepted", () => {
  const accept = (one: StationOnStage): readonly unknown[] => {
    one.tell("station.change", { settings: { registration: "Accepted" } });
    return one.orders();
  };
  assert.deepEqual(accept(station({ registration: "Pending", quiet: true })), []);
  assert.deepEqual(accept(station({ registration: "Rejected" })), []);
  const away = station({ registration: "Pending" });
  away.disconnect();
  assert.deepEqual(accept(away), []);
});
