import assert from "node:assert/strict";
import { after, test } from "node:test";
import { accepting, RecordingCsms } from "../charger/recording_csms.ts";
import { whyUnproven } from "./conformance_run.ts";
import { Recording } from "./recording.ts";
import { ScriptedStation } from "./scripted_station.ts";

const csms = await RecordingCsms.start("ocpp2.0.1");
after(() => csms.close());

interface Connected {
  readonly station: ScriptedStation;
  readonly recording: Recording;
}

async function connected(): Promise<Connected> {
  csms.answer = accepting;
  const recording = new Recording();
  const options = { url: csms.url, identity: "A", protocol: "ocpp2.0.1" as const };
  const station = new ScriptedStation(options, recording);
  await station.connect();
  return { station, recording };
}

function unproven({ station, recording }: Connected, assertions = ["one"]): readonly string[] {
  const unexpected = station.end();
  return whyUnproven({ recording, unexpected, assertions: new Set(assertions) });
}

test("a clean exchange is a proof, one without an assertion is none", async () => {
  const one = await connected();

  await one.station.call("Heartbeat", {});
  const answered = csms.call("Reset", { type: "OnIdle" });
  (await one.station.expectCall("Reset")).answer({ status: "Accepted" });

  assert.deepEqual(await answered, [3, "csms-1", { status: "Accepted" }]);
  assert.deepEqual(one.recording.frames.map(({ from, frame }) => [from, frame?.[0]]), [
    ["station", undefined],
    ["platform", undefined],
    ["station", 2],
    ["platform", 3],
    ["platform", 2],
    ["station", 3],
  ]);
  assert.deepEqual(unproven(one, []), ["without an assertion it proves nothing"]);
  assert.deepEqual(unproven(one), []);
});

test("an answer or a CALL of the platform that breaks the schema is a breach", async () => {
  const one = await connected();
  csms.answer = () => ({ currentTime: "yesterday" });

  await one.station.call("Heartbeat", {});
  const answered = csms.call("Reset", { type: "Sometimes" });
  (await one.station.expectCall("Reset")).answer({ status: "Rejected" });
  await answered;

  const found = unproven(one);
  assert.equal(found.length, 2);
  assert.match(found[0] ?? "", /Heartbeat: .*currentTime/);
  assert.match(found[1] ?? "", /Reset: .*type/);
});

test("a second CALL before the first is answered is a breach, and one not taken is named", async () => {
  const one = await connected();

  void csms.call("ClearCache", {});
  const first = await one.station.expectCall("ClearCache");
  void csms.call("ClearCache", {});
  await one.station.expectCall("ClearCache");
  first.answer({ status: "Accepted" });
  assert.throws(() => first.answer({ status: "Accepted" }), /it has been answered/);
  void csms.call("Reset", { type: "OnIdle" });
  await one.station.call("Heartbeat", {});

  assert.deepEqual(unproven(one), [
    "the platform broke the standard: ClearCache was sent while another CALL was unanswered",
    "the platform broke the standard: Reset was sent while another CALL was unanswered",
    "nobody expected a CALL Reset",
  ]);
});

test("a station cannot be scripted to break the schema by mistake", async () => {
  const one = await connected();

  await assert.rejects(
    async () => await one.station.call("StatusNotification", {}),
    /Cannot script/,
  );
  await one.station.call("Heartbeat", { surplus: 1 }, { asIs: true });

  assert.deepEqual(unproven(one), []);
});

test("a CALLERROR rejects with its code, and its form is judged", async () => {
  const one = await connected();
  csms.answer = () => null;

  assert.equal(await one.station.expectError("Heartbeat", {}), "InternalError");

  assert.deepEqual(unproven(one), []);
});

test("answers of the script serve what nobody waits for", async () => {
  const one = await connected();
  one.station.answers = { ClearCache: { status: "Rejected" } };

  const answer = await csms.call("ClearCache", {});
  const taken = await one.station.expectCall("ClearCache");

  assert.deepEqual(answer[2], { status: "Rejected" });
  assert.ok(taken.isAnswered);
  assert.deepEqual(unproven(one), []);
});
