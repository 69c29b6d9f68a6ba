import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { CommandDescription } from "#schemas/events/charger.ts";
import type { AskedActor } from "../testing.ts";
import { type TestApi, testApi } from "../testing.ts";

let api: TestApi;
before(async () => {
  api = await testApi();
  api.actors.answers.set("command.request", (asked) => described(asked));
});
after(() => api.close());

function described(asked: AskedActor): CommandDescription {
  return {
    id: String(asked.body["id"]),
    stationId: asked.to.key,
    kind: "set-charging-profile",
    action: "SetChargingProfile",
    status: "sent",
    createdAt: "2026-01-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:00:00.000Z",
  };
}

const content = {
  stackLevel: 0,
  chargingProfilePurpose: "TxDefaultProfile",
  chargingProfileKind: "Relative",
  chargingSchedule: [{
    id: 1,
    chargingRateUnit: "A",
    chargingSchedulePeriod: [{ startPeriod: 0, limit: 8.1 }],
  }],
};

test("a charging profile is created, read, replaced, changed and removed", async () => {
  const body = { id: 12, description: "Night", chargingProfile: content };
  const created = await api.call("POST", "/charging-profiles", body);
  assert.equal(created.status, 201);
  assert.equal(created.headers.get("location"), "/api/v1/charging-profiles/12");
  const { createdAt, ...template } = created.body;
  assert.match(createdAt, /Z$/);
  assert.deepEqual(template, { ...body, chargingProfile: { id: 12, ...content } });
  assert.equal((await api.call("POST", "/charging-profiles", body)).status, 409);

  const put = { description: "Day", chargingProfile: content };
  assert.equal((await api.call("PUT", "/charging-profiles/12", put)).status, 200);
  assert.equal((await api.call("PUT", "/charging-profiles/13", put)).status, 201);
  const patched = await api.call("PATCH", "/charging-profiles/12", { description: "Noon" });
  assert.equal(patched.body.description, "Noon");
  assert.deepEqual(patched.body.chargingProfile, { id: 12, ...content });
  const { body: page } = await api.call("GET", "/charging-profiles?order=asc&limit=1");
  assert.deepEqual(page.items.map(({ id }: { id: number }) => id), [12]);
  const next = await api.call("GET", `/charging-profiles?order=asc&cursor=${page.nextCursor}`);
  assert.deepEqual(next.body.items.map(({ id }: { id: number }) => id), [13]);
  assert.equal((await api.call("DELETE", "/charging-profiles/12")).status, 204);
  assert.equal((await api.call("GET", "/charging-profiles/12")).status, 404);
  assert.equal((await api.call("DELETE", "/charging-profiles/12")).status, 404);
});

test("the number of a profile is its own, the given one, or the next; 1.6 words are taken", async () => {
  const own = await api.call("POST", "/charging-profiles", {
    chargingProfile: {
      chargingProfileId: 40,
      ...content,
      chargingProfilePurpose: "ChargePointMaxProfile",
      chargingSchedule: content.chargingSchedule[0],
    },
  });
  assert.equal(own.body.id, 40);
  assert.equal(own.body.chargingProfile.chargingProfilePurpose, "ChargingStationMaxProfile");
  const next = await api.call("POST", "/charging-profiles", { chargingProfile: content });
  assert.equal(next.body.id, 41);
  const differs = { id: 50, chargingProfile: { id: 51, ...content } };
  assert.equal((await api.call("POST", "/charging-profiles", differs)).status, 422);
});

test("what is no charging profile is refused with the pointer", async () => {
  const chargingProfile = { ...content, chargingProfileKind: "Sometimes" };
  const refused = await api.call("POST", "/charging-profiles", { chargingProfile });
  assert.equal(refused.status, 422);
  assert.deepEqual(refused.body.errors.map(({ pointer }: { pointer: string }) => pointer), [
    "/chargingProfile/chargingProfileKind",
  ]);
  const noPeriod = { chargingRateUnit: "A", chargingSchedulePeriod: [] };
  const nonsense = [
    {},
    { foo: 1 },
    { chargingProfileId: 5, chargingSchedule: null },
    { ...content, chargingSchedule: [] },
    { ...content, chargingSchedule: noPeriod },
  ];
  await Promise.all(nonsense.map(async (given) => {
    const body = { chargingProfile: given };
    const none = await api.call("POST", "/charging-profiles", body);
    assert.equal(none.status, 422, JSON.stringify(given));
    assert.equal(none.body.errors[0].pointer, "/chargingProfile/chargingSchedule");
    assert.equal((await api.call("PUT", "/charging-profiles/5", body)).status, 422);
  }));
  const own = { id: 1_000_000_000, chargingProfile: content };
  assert.equal((await api.call("POST", "/charging-profiles", own)).status, 400);
});

test("a station is given a template or a profile, under one key once", async () => {
  await api.call("PUT", "/charging-profiles/60", { description: "", chargingProfile: content });
  const path = "/stations/CP1/charging-profiles";
  const body = { evseId: 1, chargingProfileId: 60 };
  const headers = { "idempotency-key": "profile-60" };
  const set = await api.call("POST", path, body, headers);
  assert.equal(set.status, 201);
  assert.equal(set.headers.get("location"), "/api/v1/stations/CP1/charging-profiles/60");
  assert.equal(set.body.state, "pending");
  const asked = api.actors.asked.at(-1);
  assert.deepEqual(asked?.body["body"], { evseId: 1, chargingProfile: { id: 60, ...content } });
  const before = api.actors.asked.length;
  assert.deepEqual((await api.call("POST", path, body, headers)).body, set.body);
  assert.equal(api.actors.asked.length, before);

  assert.equal((await api.call("POST", path, { evseId: 1 })).status, 400);
  const twice = { evseId: 1, chargingProfileId: 60, chargingProfile: { id: 1, ...content } };
  assert.equal((await api.call("POST", path, twice)).status, 400);
  const unknown = { evseId: 1, chargingProfileId: 999 };
  assert.equal((await api.call("POST", path, unknown)).status, 404);
});

test("an unknown station has no charging profiles", async () => {
  assert.equal((await api.call("GET", "/stations/nobody/charging-profiles")).status, 404);
  assert.equal((await api.call("GET", "/stations/nobody/charging-profiles/1")).status, 404);
  assert.equal((await api.call("DELETE", "/stations/nobody/charging-profiles/1")).status, 404);
});

test("the charging profiles of a station are lines too, for whoever wants them", async () => {
  await api.sql`INSERT INTO stations (tenant, id, tags, security_profile, quiet, registration,
      heartbeat_interval_seconds, authorisation_required, connected, evses, statuses,
      open_sessions, created_at)
    VALUES ('default', 'LINES', '{}', 0, false, 'Accepted', 300, true, false, '[]', '{}', '{}',
      now())`;
  const accept = "application/x-ndjson";
  const path = "/stations/LINES/charging-profiles";
  const lines = await api.call("GET", path, undefined, { accept });
  assert.equal(lines.status, 200);
  assert.match(lines.headers.get("content-type") ?? "", /ndjson/);
});
