/** Quirks and display messages of whole stations, over real sockets and REST. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { DisplayMessage } from "#schemas/rest/display_message.ts";
import type { Quirk, StationQuirk } from "#schemas/rest/quirk.ts";
import { startTestPlatform, type TestPlatform } from "./clients/test_platform.ts";
import { CaseRest } from "./conformance/case_rest.ts";
import { Recording } from "./conformance/recording.ts";
import { ScriptedStation } from "./conformance/scripted_station.ts";

let platform: TestPlatform;
let rest: CaseRest;
const stations: ScriptedStation[] = [];
before(async () => {
  platform = await startTestPlatform();
  rest = new CaseRest(platform.rest);
});
after(async () => {
  for (const station of stations) station.end();
  await platform.close();
});

async function registered(
  identity: string,
  protocol: "ocpp1.6" | "ocpp2.0.1" = "ocpp1.6",
): Promise<ScriptedStation> {
  const body = { id: identity, securityProfile: 0, quiet: true, authorisationRequired: false };
  assert.equal((await rest.post("/stations", body)).status, 201);
  const station = new ScriptedStation(
    { url: platform.ocppUrl, identity, protocol },
    new Recording(),
  );
  stations.push(station);
  return station;
}

const boot = (chargePointVendor: string): Readonly<Record<string, unknown>> => ({
  ...{ chargePointVendor, chargePointModel: "Wall", firmwareVersion: "1" },
});

test("a station with a quirk charges like any other, and operators see why", async () => {
  const station = await registered("H1");
  await station.connect();
  await station.call("BootNotification", boot("Huawei"));
  const { transactionId } = await station.call<{ transactionId: number }>("StartTransaction", {
    ...{ connectorId: 1, idTag: "T", meterStart: 0, timestamp: new Date().toISOString() },
  });
  const values = (value: string): Readonly<Record<string, unknown>> => {
    const timestamp = new Date().toISOString();
    const meterValue = { timestamp, sampledValue: [{ value, unit: "Wh" }] };
    return { connectorId: 1, transactionId, meterValue };
  };
  assert.deepEqual(await station.call("MeterValues", values("500"), { asIs: true }), {});
  const session = await platform.session("H1", ({ energyWh }) => energyWh === 500);
  assert.equal(session.energyWh, 500);

  const path = "/stations/H1/quirks";
  const [quirk] = await rest.list<StationQuirk>(path);
  assert.deepEqual([quirk?.id, quirk?.origin, quirk?.status], [
    ...["huawei-value-object", "build", "inForce"],
  ]);
  assert.equal(quirk?.why, "It is a Huawei Wall 1");

  assert.equal((await rest.delete(`${path}/huawei-value-object`)).status, 204);
  const refused = await station.expectError("MeterValues", values("600"), { asIs: true });
  assert.equal(refused, "TypeConstraintViolation");
  const [dismissed] = await rest.list<StationQuirk>(path);
  assert.equal(dismissed?.status, "dismissed");
  const put = await rest.put<StationQuirk>(`${path}/huawei-value-object`, {});
  assert.deepEqual([put.status, put.body.status], [200, "inForce"]);
  assert.deepEqual(await station.call("MeterValues", values("700"), { asIs: true }), {});

  await station.disconnect();
  await station.connect();
  assert.deepEqual(await station.call("MeterValues", values("800"), { asIs: true }), {});
});

test("what a station refuses is learned, shown and dismissed", async () => {
  const station = await registered("L1");
  await station.connect();
  await station.call("BootNotification", boot("Anyone"));
  const payload = {
    connectorId: 0,
    csChargingProfiles: {
      chargingProfileId: 8,
      stackLevel: 6,
      chargingProfilePurpose: "ChargePointMaxProfile",
      chargingProfileKind: "Relative",
      chargingSchedule: {
        chargingRateUnit: "A",
        chargingSchedulePeriod: [{ startPeriod: 0, limit: 10 }],
      },
    },
  };
  const asked = rest.post("/stations/L1/calls", { action: "SetChargingProfile", payload });
  (await station.expectCall("SetChargingProfile")).answer({ status: "Rejected" });
  await asked;
  const [learned] = await rest.list<StationQuirk>("/stations/L1/quirks");
  assert.deepEqual([learned?.id, learned?.origin, learned?.status], [
    ...["learned-profile-ChargingStationMaxProfile-A", "learned", "inForce"],
  ]);
  assert.equal((await rest.delete(`/stations/L1/quirks/${learned?.id}`)).status, 204);
  const [after] = await rest.list<StationQuirk>("/stations/L1/quirks");
  assert.equal(after?.status, "dismissed");
});

test("the table is there to choose from, and what is not in it is nowhere", async () => {
  const table = await rest.list<Quirk>("/quirks?order=asc");
  assert.ok(table.some(({ id, of }) => id === "kwh-as-wh" && of === "chosen stations"));
  const first = await rest.get<{ items: Quirk[]; nextCursor: string }>("/quirks?order=asc&limit=1");
  const second = await rest.get<{ items: Quirk[] }>(
    `/quirks?order=asc&limit=1&cursor=${first.body.nextCursor}`,
  );
  assert.deepEqual([first.body.items, second.body.items].flat(), table.slice(0, 2));
  assert.equal((await rest.get("/quirks?cursor=x")).status, 400);
  assert.equal((await rest.get("/stations/nobody/quirks")).status, 404);
  assert.equal((await rest.put("/stations/L1/quirks/nothing", {})).status, 404);
  assert.equal((await rest.delete("/stations/L1/quirks/kwh-as-wh")).status, 404);
});

const hello = { message: { content: "Hello" }, priority: "NormalCycle" };

test("a station of 1.6 has no display messages, and one that is not there none at all", async () => {
  const station = await registered("D1");
  await station.connect();
  await station.call("BootNotification", boot("Anyone"));
  const refused = await rest.post("/stations/D1/display-messages", hello);
  assert.equal(refused.status, 422);
  assert.match(String(refused.body["detail"]), /OCPP 1\.6 has no word for it/);
  assert.deepEqual(await rest.list("/stations/D1/display-messages"), []);
  assert.equal((await rest.get("/stations/nobody/display-messages")).status, 404);
  assert.equal((await rest.post("/stations/nobody/display-messages", hello)).status, 404);
  assert.equal((await rest.get("/stations/D1/display-messages/7")).status, 404);
  assert.equal((await rest.delete("/stations/D1/display-messages/7")).status, 404);
});

test("a message waits for a station that is away; a repeated request is the same message", async () => {
  const station = await registered("D2", "ocpp2.0.1");
  const path = "/stations/D2/display-messages";
  const keyed = async (): Promise<DisplayMessage> => {
    const response = await platform.rest.request("POST", `/api/v1${path}`, {
      body: JSON.stringify(hello),
      contentType: "application/json",
      idempotencyKey: "one-message",
    });
    assert.equal(response.status, 201);
    return await response.json();
  };
  const message = await keyed();
  assert.deepEqual(await keyed(), message);
  assert.deepEqual([message.status, message.shown], ["pending", false]);
  assert.equal((await rest.list(path)).length, 1);

  await station.connect();
  const call = await station.expectCall("SetDisplayMessage");
  call.answer({ status: "Accepted" });
  assert.deepEqual(call.payload, {
    message: {
      id: message.id,
      priority: "NormalCycle",
      message: { format: "UTF8", content: "Hello" },
    },
  });
});

test("messages come in pages, and bad ones are refused with a reason", async () => {
  const station = await registered("D3", "ocpp2.0.1");
  station.answers = { SetDisplayMessage: { status: "Accepted" } };
  await station.connect();
  const path = "/stations/D3/display-messages";
  for (const id of [1, 2, 3]) {
    // deno-lint-ignore no-await-in-loop -- one after the other
    assert.equal((await rest.put(`${path}/${id}`, hello)).status, 201);
  }
  const first = await rest.get<{ items: DisplayMessage[]; nextCursor: string }>(`${path}?limit=2`);
  assert.deepEqual(first.body.items.map(({ id }) => id), [3, 2]);
  const rest2 = await rest.list<DisplayMessage>(`${path}?cursor=${first.body.nextCursor}`);
  assert.deepEqual(rest2.map(({ id }) => id), [1]);
  assert.equal((await rest.get(`${path}?cursor=x`)).status, 400);
  const bad: readonly (readonly [status: number, body: object])[] = [
    [400, { ...hello, priority: "Loud" }],
    [400, { ...hello, message: { content: "" } }],
    [400, { ...hello, more: 1 }],
    [422, { ...hello, state: "Suspended" }],
    [422, { ...hello, message: { content: "x", format: "QRCODE" } }],
    [422, { ...hello, startAt: "2030-01-02T00:00:00Z", endAt: "2030-01-01T00:00:00Z" }],
  ];
  for (const [status, body] of bad) {
    // deno-lint-ignore no-await-in-loop -- one after the other
    assert.equal((await rest.post(path, body)).status, status, JSON.stringify(body));
  }
  const unknown = { ...hello, sessionId: "D3~7" };
  assert.equal((await rest.post(path, unknown)).status, 404);
});
