/** Commands of several CALLs: each goes out once, after the one before, whatever happens between. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal, snapshotBytesMax, type Stage, StationOnStage } from "#actors/stage_testing.ts";
import { CommandedStation } from "./blocks/commanded_testing.ts";
import { COMMANDS_MAX, LATE_ANSWER_MS, wireId } from "./command_life.ts";

type Json = Readonly<Record<string, unknown>>;

const variables = (count: number): Json => ({
  variables: Array.from({ length: count }, (_, index) => ({
    variable: `Key${index}`,
    value: String(index),
  })),
});

/** In 1.6 each key is a CALL of its own, and a refused one does not keep the others back. */
function setting(count: number, more: Json = {}): { station: CommandedStation; id: string } {
  const station = CommandedStation.on("ocpp1.6");
  return { station, id: station.command("set-variables", variables(count), more) };
}

function keysSent(station: StationOnStage): readonly unknown[] {
  return station.orders().filter(({ action }) => action === "ChangeConfiguration")
    .map(({ payload }) => (payload as Json)["key"]);
}

function lastId(station: StationOnStage): string {
  return station.orders().at(-1)?.messageId ?? assert.fail("nothing was sent");
}

const accepted = { outcome: "answered", response: { status: "Accepted" } };
const refused = { outcome: "answered", response: { status: "Rejected" } };
const error = { code: "GenericError", description: "no", details: {} };
const failed = { outcome: "failed", error };
const responseOf = ({ stage }: { stage: Stage }, id: string): unknown =>
  stage.row("commands", id)["response"];

test("the parts go out one after the other, and the responses are a list of theirs", () => {
  const { station, id } = setting(3);
  assert.deepEqual(keysSent(station), ["Key0"]);
  for (const answer of [accepted, accepted]) station.answer(lastId(station), answer);
  assert.deepEqual(keysSent(station), ["Key0", "Key1", "Key2"]);
  assert.equal(station.statusOf(id), "sent");
  station.answer(lastId(station), accepted);
  assert.equal(station.statusOf(id), "accepted");
  const status = "Accepted";
  assert.deepEqual(responseOf(station, id), [{ status }, { status }, { status }]);
  assert.ok(!station.stage.alarmsOf(station.address).includes("commands"));
});

test("an answer that is told twice sends the next part once", () => {
  const { station, id } = setting(3);
  const first = lastId(station);
  for (let time = 0; time < 3; time++) station.answer(first, accepted);
  const second = lastId(station);
  for (let time = 0; time < 3; time++) station.answer(second, accepted);
  station.answer(first, refused);
  assert.deepEqual(keysSent(station), ["Key0", "Key1", "Key2"]);
  station.answer(lastId(station), accepted);
  station.answer(second, failed);
  assert.equal(station.statusOf(id), "accepted");
});

test("a part that the station refuses does not keep the others back where the kind goes on", () => {
  const { station, id } = setting(3);
  for (const answer of [refused, accepted, accepted]) station.answer(lastId(station), answer);
  assert.equal(station.statusOf(id), "rejected");
  assert.deepEqual(keysSent(station).length, 3);
});

test("nor does a part that it answers by a CALLERROR", () => {
  const { station, id } = setting(3);
  for (const answer of [accepted, failed, accepted]) station.answer(lastId(station), answer);
  assert.deepEqual(keysSent(station), ["Key0", "Key1", "Key2"]);
  assert.equal(station.statusOf(id), "rejected");
  const status = "Accepted";
  assert.deepEqual(responseOf(station, id), [{ status }, { error }, { status }]);
});

test("where the kind does not go on, a refusal and a CALLERROR end it", () => {
  for (const [answer, status] of [[refused, "rejected"], [failed, "failed"]] as const) {
    const { station, id } = listing();
    station.answer(lastId(station), accepted);
    station.answer(lastId(station), answer);
    assert.equal(station.orders().length, 2);
    assert.equal(station.statusOf(id), status);
    assert.equal((responseOf(station, id) as unknown[])[0] !== undefined, true);
  }
});

/** A list in five messages. */
function listing(
  before: (station: CommandedStation) => void = () => {},
): { station: CommandedStation; id: string } {
  const station = CommandedStation.on("ocpp1.6");
  before(station);
  const entries = Array.from({ length: 5 }, (_, index) => ({
    idToken: `TAG${index}`,
    type: "ISO14443",
    status: "Accepted",
  }));
  const id = station.command("send-local-list", {
    ...{ updateType: "Full", version: 5, entries, entriesPerMessage: 1 },
  });
  return { station, id };
}

test("a late answer is kept, and what would have followed is not sent any more", () => {
  for (const end of ["timedOut", "socket", "alarm"]) {
    const { station, id } = setting(3);
    station.answer(lastId(station), accepted);
    const second = lastId(station);
    if (end === "timedOut") station.answer(second, { outcome: "timedOut" });
    else if (end === "alarm") station.stage.advance(70_000);
    else {
      station.disconnect();
      station.connect();
    }
    const status = end === "socket" ? "unknown" : "timedOut";
    assert.equal(station.statusOf(id), status, end);
    station.answer(second, accepted);
    assert.deepEqual(keysSent(station), ["Key0", "Key1"], end);
    assert.equal(station.statusOf(id), status, end);
    assert.deepEqual((responseOf(station, id) as unknown[]).length, 2);
    assert.deepEqual(
      station.stage.alarmsOf(station.address).filter((name) => name === "commands"),
      [],
    );
  }
});

test("a late answer of the last part settles it", () => {
  const { station, id } = setting(2);
  station.answer(lastId(station), accepted);
  station.answer(lastId(station), { outcome: "timedOut" });
  station.answer(lastId(station), accepted);
  assert.equal(station.statusOf(id), "accepted");
});

test("a part that never left is no command that the station was not told of", () => {
  const { station, id } = setting(2);
  station.answer(lastId(station), accepted);
  station.answer(lastId(station), { outcome: "expired" });
  assert.equal(station.statusOf(id), "timedOut");
});

test("a series ends by itself when nothing is heard any more", () => {
  const { station, id } = setting(3);
  station.answer(lastId(station), accepted);
  station.stage.advance(70_000);
  assert.equal(station.statusOf(id), "timedOut");
  station.stage.advance(LATE_ANSWER_MS);
  assert.deepEqual(station.stage.alarmsOf(station.address), []);
  station.answer(lastId(station), accepted);
  assert.deepEqual(keysSent(station), ["Key0", "Key1"]);
});

test("a station that is rejected meanwhile is sent no further part", () => {
  const { station, id } = setting(3);
  station.tell("station.change", { settings: { registration: "Rejected" } });
  station.answer(lastId(station), accepted);
  assert.deepEqual(keysSent(station), ["Key0"]);
  assert.equal(station.statusOf(id), "failed");
});

test("what waits for a station that is rejected meanwhile does not go out", () => {
  const station = CommandedStation.on("ocpp1.6");
  station.disconnect();
  const id = station.command("set-variables", variables(2));
  station.tell("station.change", { settings: { registration: "Rejected" } });
  station.connect();
  assert.deepEqual(keysSent(station), []);
  station.stage.advance(60_000);
  assert.equal(station.statusOf(id), "expired");
});

test("what waited goes out in the words of the version that the station comes back with", () => {
  const { station, id } = listing((one) => one.disconnect());
  assert.equal(station.statusOf(id), "queued");
  station.open({ protocol: "ocpp2.0.1" });
  const [order, ...others] = station.orders();
  assert.deepEqual(others, []);
  assert.equal(order?.messageId, id);
  assert.deepEqual(Object.keys((order?.payload ?? {}) as Json), [
    ...["versionNumber", "updateType", "localAuthorizationList"],
  ]);
});

test("what cannot be said in that version fails, and the station connects", () => {
  const station = CommandedStation.on("ocpp2.0.1");
  station.disconnect();
  const monitor = { variable: "Temperature", component: "EVSE", severity: 3 };
  const id = station.command("set-monitoring", {
    monitors: [{ ...monitor, type: "UpperThreshold", value: 80 }],
  });
  station.open({ protocol: "ocpp1.6" });
  assert.deepEqual(station.orders(), []);
  assert.equal(station.statusOf(id), "failed");
});

test("what waited and is not found any more fails, and the station connects", () => {
  const station = CommandedStation.on("ocpp1.6");
  station.disconnect();
  const id = station.command("set-variables", variables(2));
  const row = station.stage.row("commands", id);
  station.stage.rows.delete(`commands/${id}`);
  station.connect();
  assert.equal(station.stage.row("commands", id)["status"], "failed");
  assert.ok(row !== undefined);
});

/** Series until no more are taken, of a station whose settings take this much room. */
function crowded(length: number): Stage {
  const { stage } = CommandedStation.on("ocpp1.6");
  const stationId = "DE*ABC*E-A-VERY-LONG-IDENTITY-OF-48-CHARACTERS-01";
  const tags = ["t".repeat(length)];
  const station = new StationOnStage(stage, stationId, "ocpp1.6");
  station.register({ quiet: true, tags }).connect();
  for (let n = 0; n <= COMMANDS_MAX; n++) {
    const id = String(n).padStart(36, "f");
    const times = { timeoutMs: 30_000, queueMs: 60_000, batchId: "b".repeat(36) };
    const request = { id, kind: "set-variables", body: variables(12), ...times };
    if (refusal(() => station.tell("command.request", request)) === "overloaded") break;
  }
  for (let part = 0; part < 11; part++) {
    for (const { messageId } of station.orders()) station.answer(messageId, accepted);
  }
  return stage;
}

test("as many series as are taken fit when all are under way", () => {
  const largest = Math.max(
    ...[0, 1_000, 1_200, 1_400, 1_600, 2_000, 3_000, 4_000].map((length) =>
      crowded(length).largestSnapshot
    ),
  );
  assert.ok(largest > 6_000 && largest <= snapshotBytesMax, String(largest));
});

test("ids of parts differ wherever their commands' ids do", () => {
  const ids = Array.from({ length: 200 }, (_, n) =>
    String(n).padStart(36, "0").split("").reverse()
      .join("")).concat(Array.from({ length: 200 }, (_, n) => String(n).padStart(36, "f")));
  const wired = ids.flatMap((id) => [0, 1, 9_999].map((part) => wireId({ id, part })));
  assert.equal(new Set(wired).size, new Set(ids).size * 3);
  assert.ok(wired.every((id) => id.length <= 36));
});

test("a step reads no more of a series than the part that was answered and the next", () => {
  const { station } = setting(200);
  for (let part = 0; part < 100; part++) station.answer(lastId(station), accepted);
  const answers = station.stage.journal.filter(({ type }) => type === "ocpp.answer");
  assert.equal(answers.length, 100);
  const longest = Math.max(...answers.map(({ inputsText }) => inputsText?.length ?? 0));
  assert.ok(longest > 100 && longest < 4_000, String(longest));
});
