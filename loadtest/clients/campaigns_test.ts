/** Campaigns over the whole platform: REST, the worker that carries them out, sockets. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Campaign, CampaignStation } from "#schemas/rest/campaign.ts";
import { ConformanceRun } from "../conformance/conformance_run.ts";
import type { Payload } from "../conformance/recording.ts";
import { startTestPlatform, type TestPlatform } from "./test_platform.ts";

let platform: TestPlatform;
before(async () => {
  platform = await startTestPlatform();
});
after(() => platform.close());

const steps = [
  { kind: "availability", body: { operative: false } },
  { kind: "reset", body: { type: "OnIdle" } },
];

async function begin(c: ConformanceRun, changes: Payload): Promise<string> {
  const made = await c.rest.post<Campaign>("/campaigns", { name: "Night", steps, ...changes });
  assert.equal(made.status, 201, JSON.stringify(made));
  return made.body.id;
}

function campaignIs(c: ConformanceRun, id: string, expected: Payload): Promise<unknown> {
  return c.eventually(`the campaign is ${JSON.stringify(expected)}`, async () => {
    const { body } = await c.rest.get(`/campaigns/${id}`);
    c.match("the campaign", body, expected);
  });
}

test("stations of both versions do the steps one after the other; a refusal is told", async () => {
  const c = new ConformanceRun(platform, "1.6");
  const old = await c.newStation();
  const recent = await c.newStation({ protocol: "ocpp2.0.1" });
  const stationIds = [old.identity, recent.identity];

  const id = await begin(c, { stationIds });
  const first = await old.expectCall("ChangeAvailability");
  assert.deepEqual(first.payload, { connectorId: 0, type: "Inoperative" });
  first.answer({ status: "Accepted" });
  const second = await old.expectCall("Reset");
  assert.deepEqual(second.payload, { type: "Soft" });
  second.answer({ status: "Accepted" });
  (await recent.expectCall("ChangeAvailability")).answer({ status: "Rejected" });

  await campaignIs(c, id, { status: "done", progress: { done: 1, failed: 1 } });
  const [, refused] = await c.rest.list<CampaignStation>(`/campaigns/${id}/stations`);
  c.match("the refusal", refused, {
    stationId: recent.identity,
    state: "failed",
    detail: "The station answered Rejected",
    command: { status: "rejected", response: { status: "Rejected" } },
  });

  await c.rest.post(`/campaigns/${id}/retry-failed`);
  (await recent.expectCall("ChangeAvailability")).answer({ status: "Accepted" });
  (await recent.expectCall("Reset")).answer({ status: "Accepted" });
  await campaignIs(c, id, { status: "done", progress: { done: 2, failed: 0 } });
  c.end();
  assert.deepEqual(c.unexpected, [], "no command came twice");
});

test("a station that is away gets its command when it is back, unless it was stopped", async () => {
  const c = new ConformanceRun(platform, "1.6");
  const away = await c.newStation({ boots: false });
  const gone = await c.newStation({ boots: false });

  const id = await begin(c, { stationIds: [away.identity], steps: steps.slice(1) });
  const other = await begin(c, { stationIds: [gone.identity] });
  await c.rest.post(`/campaigns/${other}/stop`);
  await away.connect();
  (await away.expectCall("Reset")).answer({ status: "Accepted" });

  await campaignIs(c, id, { status: "done", progress: { total: 1, done: 1 } });
  await gone.connect();
  await campaignIs(c, other, { status: "stopped", progress: { waiting: 1 } });
  c.end();
  assert.deepEqual(c.unexpected, []);
});

test("a restart of the station that cuts the line before the answer counts when it boots", async () => {
  const c = new ConformanceRun(platform, "1.6");
  const station = await c.newStation();

  const id = await begin(c, {
    stationIds: [station.identity],
    steps: [{ kind: "reset", body: { type: "Immediate" } }],
  });
  await station.expectCall("Reset");
  await station.cut();
  await campaignIs(c, id, { status: "running", progress: { running: 1 } });
  await station.connect();
  await c.boot(station);

  await campaignIs(c, id, { status: "done", progress: { done: 1 } });
  c.end();
});
