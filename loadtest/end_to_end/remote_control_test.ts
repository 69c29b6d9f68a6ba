import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Payload } from "../charger/dialect.ts";
import { car, OperatedChargers, until, versions } from "./operated_chargers.ts";

let stage: OperatedChargers;

before(async () => {
  stage = await OperatedChargers.start();
});
after(() => stage.close());

for (const version of versions) {
  const id = `REMOTE-${version}`;
  const is16 = version === "ocpp1.6";

  test(`${version}: started, stopped and unlocked from afar`, async () => {
    const charger = await stage.connect(id, version);
    charger.plugIn(1, car);
    const start = await stage.commanded(id, "remote-start", {
      body: { tokenUid: "CARD1", evseId: 1 },
    });
    const session = await stage.item(`/sessions?station=${id}`, ({ status }) => status === "open");
    await stage.shown(`/commands/${start.id}`, ({ sessionId }) => sessionId === session["id"]);
    if (is16) {
      await until(() => charger.transactions[0]?.wireId, Boolean, "it knows its transaction");
    }
    await stage.commanded(id, "remote-stop", { body: { sessionId: session["id"] } });
    const ended = await stage.item(`/sessions?station=${id}`, ({ status }) => status === "closed");
    assert.equal(ended["stopReason"], "Remote");
    await stage.commanded(id, "unlock", { body: { evseId: 1 } });
    await until(() => charger.outlet(1)?.isPlugged, (isPlugged) => !isPlugged, "it is free");
    const nowhere = { body: { evseId: 9 }, status: "rejected" };
    await stage.commanded(id, "unlock", nowhere);
  });

  test(`${version}: whatever is triggered is heard`, async () => {
    const place = `${id}-T`;
    await stage.connect(place, version);
    const messages = [
      "BootNotification",
      "Heartbeat",
      "StatusNotification",
      "MeterValues",
      "FirmwareStatusNotification",
      is16 ? "DiagnosticsStatusNotification" : "LogStatusNotification",
    ];
    for (const message of messages) {
      // deno-lint-ignore no-await-in-loop -- one after the other
      await stage.commanded(place, "trigger", { body: { message } });
    }
  });

  test(`${version}: out of service is refused to a driver, and seen`, async () => {
    const place = `${id}-A`;
    const charger = await stage.connect(place, version);
    const change = (isOperative: boolean): Payload => {
      const word = isOperative ? "Operative" : "Inoperative";
      return is16 ? { connectorId: 2, type: word } : { operationalStatus: word, evse: { id: 2 } };
    };
    for (const isOperative of [false, true]) {
      // deno-lint-ignore no-await-in-loop -- one after the other
      const call = await stage.rest.post(`/stations/${place}/calls`, {
        action: "ChangeAvailability",
        payload: change(isOperative),
      });
      assert.deepEqual(call.body["response"], { status: "Accepted" });
      const word = isOperative ? "Available" : "Unavailable";
      // deno-lint-ignore no-await-in-loop
      await stage.shown(
        `/stations/${place}`,
        ({ evses }) => JSON.stringify(evses).includes(`"status":"${word}"`),
      );
      assert.equal(charger.plugIn(2, car), isOperative);
    }
  });

  test(`${version}: a reset ends what runs, and the charger is back`, async () => {
    const place = `${id}-R`;
    const charger = await stage.connect(place, version);
    charger.plugIn(1, car);
    await charger.present(1, "CARD1");
    await stage.item(`/sessions?station=${place}`, ({ status }) => status === "open");
    await until(() => charger.queued, (queued) => queued === 0, "all is told");
    await stage.commanded(place, "reset", { body: { type: "Immediate" } });
    const ended = await stage.item(
      `/sessions?station=${place}`,
      ({ status }) => status === "closed",
    );
    assert.equal(ended["stopReason"], is16 ? "HardReset" : "ImmediateReset");
    await until(() => charger.isOnline && charger.connections === 2, Boolean, "it is back");
    await stage.item(`/stations/${place}/security-events`, ({ type }) => type === "ResetOrReboot");
  });
}

test("ocpp2.0.1: one EVSE is reset when its driver is done", async () => {
  const id = "REMOTE-EVSE";
  const charger = await stage.connect(id, "ocpp2.0.1");
  charger.plugIn(1, car);
  await charger.present(1, "CARD1");
  const body = { type: "OnIdle", evseId: 1 };
  const command = await stage.command(id, "reset", body);
  assert.equal(Object(command.response).status, "Scheduled");
  charger.end(1);
  await stage.shown(`/stations/${id}`, ({ evses }) => JSON.stringify(evses).includes("Occupied"));
  assert.equal(charger.connections, 1);
});

test("a campaign configures chargers of both versions", async () => {
  const ids = versions.map((version) => `CAMPAIGN-${version}`);
  const chargers = await Promise.all(
    ids.map((id, index) => stage.connect(id, versions[index] ?? "ocpp1.6")),
  );
  const started = await stage.rest.post("/campaigns", {
    name: "clear caches",
    stationIds: ids,
    steps: [{ kind: "clear-cache", body: {} }, { kind: "reset", body: { type: "Immediate" } }],
  });
  assert.equal(started.status, 201, JSON.stringify(started.body));
  await stage.shown(`/campaigns/${started.body["id"]}`, ({ status }) => status === "done");
  await until(
    () => chargers.every((charger) => charger.isOnline && charger.connections === 2),
    Boolean,
    "both have booted",
  );
});

test("ocpp2.0.1: a charger that is not accepted waits, answers, and comes in", async () => {
  const id = "REMOTE-PENDING";
  const charger = await stage.connect(id, "ocpp2.0.1");
  await stage.rest.patch(`/stations/${id}`, { registration: "Pending" });
  charger.station.link.reboot("PowerUp");
  await until(() => charger.station.link.registration, (word) => word === "Pending", "it waits");
  const variable = { component: "ChargingStation", variable: "Model" };
  const reading = { body: { variables: [variable] } };
  const { response } = await stage.commanded(id, "get-variables", reading);
  assert.match(JSON.stringify(response), /Virtual/);
  await stage.rest.patch(`/stations/${id}`, { registration: "Accepted" });
  await stage.command(id, "trigger", { message: "BootNotification" });
  await until(() => charger.isOnline, Boolean, "it is accepted");
});
