import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandedStation } from "./commanded_testing.ts";
import { JOBS_KEPT } from "./jobs.ts";

const remoteLocation = "https://logs.example.net/CP1";
const asked = { logType: "DiagnosticsLog", remoteLocation };

function logs(station: CommandedStation): readonly string[] {
  return station.items("log").map(({ state, status }) => `${state} ${status}`);
}

function report(station: CommandedStation, status: string, requestId?: number): unknown {
  return station.call("LogStatusNotification", {
    status,
    ...(requestId === undefined ? {} : { requestId }),
  });
}

test("OCPP 2.0.1 Part 2, N01: a log is followed from the CALL to Uploaded, its file name is kept", () => {
  const station = CommandedStation.on("ocpp2.0.1");
  const command = station.command("get-log", asked);
  const { requestId } = station.orders()[0]?.payload as { requestId: number };
  assert.deepEqual(logs(station), ["pending null"]);

  station.answered(command, { status: "Accepted", filename: "cp1.zip" });
  assert.equal(station.statusOf(command), "accepted");
  assert.deepEqual(logs(station), ["accepted null"]);
  assert.deepEqual(report(station, "Uploading", requestId), {});
  assert.deepEqual(logs(station), ["running Uploading"]);
  report(station, "Uploaded", requestId);

  const [log] = station.items("log");
  assert.deepEqual(
    [log?.["fileName"], log?.["state"], log?.["answer"], log?.["remoteLocation"]],
    ["cp1.zip", "done", "Accepted", remoteLocation],
  );
  assert.deepEqual((log?.["history"] as { status: string }[]).map(({ status }) => status), [
    "Uploading",
    "Uploaded",
  ]);
});

test("a raw GetLog is followed like a typed one; a refused one is rejected with its word", () => {
  const station = CommandedStation.on("ocpp2.1");
  const log = { remoteLocation: "ftp://me:secret@files.example.net/x" };
  const id = station.raw("GetLog", { logType: "SecurityLog", requestId: 9, log });
  station.answered(id, { status: "Rejected" });

  const [item] = station.items("log");
  assert.deepEqual([item?.["state"], item?.["answer"], item?.["logType"]], [
    ...["rejected", "Rejected", "SecurityLog"],
  ]);
  assert.equal(item?.["remoteLocation"], "ftp://…@files.example.net/x");
});

test("OCPP 2.0.1 Part 2, N01: AcceptedCanceled ends the upload before, both are tracked", () => {
  const station = CommandedStation.on("ocpp2.0.1");
  const first = station.command("get-log", asked);
  station.answered(first, { status: "Accepted" });
  report(station, "Uploading", 1);
  const second = station.command("get-log", asked);
  station.answered(second, { status: "AcceptedCanceled" });

  assert.equal(station.statusOf(second), "accepted");
  assert.deepEqual(logs(station), ["canceled Uploading", "accepted null"]);
  report(station, "AcceptedCanceled", 1);
  report(station, "Uploading", 2);
  report(station, "Uploaded", 2);
  assert.deepEqual(logs(station), ["canceled Uploading", "done Uploaded"]);
});

test("reports come late, twice, without an id, of nothing: what is done stays done", () => {
  const station = CommandedStation.on("ocpp2.0.1");
  const command = station.command("get-log", asked);
  // Before the answer: the station was quick.
  report(station, "Uploading", 1);
  station.answered(command, { status: "Accepted" });
  assert.deepEqual(logs(station), ["running Uploading"]);

  report(station, "UploadFailure", 1);
  report(station, "Uploading", 1);
  assert.deepEqual(logs(station), ["running Uploading"]);
  report(station, "Uploaded", 1);
  report(station, "Uploaded", 1);
  report(station, "Uploading", 1);
  assert.deepEqual(report(station, "Idle"), {});
  assert.deepEqual(report(station, "Uploaded", 77), {});
  const [log] = station.items("log");
  assert.deepEqual(logs(station), ["done Uploaded"]);
  assert.deepEqual((log?.["history"] as { status: string }[]).map(({ status }) => status), [
    ...["Uploading", "UploadFailure", "Uploading", "Uploaded", "Uploading"],
  ]);
});

test("silence leaves a log pending until a late answer; a CALLERROR rejects it by its code", () => {
  const station = CommandedStation.on("ocpp2.0.1");
  const late = station.command("get-log", asked);
  station.answer(late, { outcome: "timedOut" });
  assert.deepEqual(logs(station), ["pending null"]);
  station.answer(late, { outcome: "answered", response: { status: "Accepted" }, late: true });
  assert.deepEqual(logs(station), ["accepted null"]);

  const failed = station.command("get-log", asked);
  const error = { code: "NotSupported", description: "", details: {} };
  station.answer(failed, { outcome: "failed", error });
  assert.equal(station.items("log")[1]?.["answer"], "NotSupported");
  assert.equal(station.items("log")[1]?.["state"], "rejected");
});

test("OCPP 1.6J, 5.8: GetDiagnostics has no status and no id, its reports go to the newest", () => {
  const station = CommandedStation.on("ocpp1.6");
  const command = station.command("get-log", asked);
  assert.deepEqual(station.orders()[0]?.action, "GetDiagnostics");
  station.answered(command, { fileName: "diag.tgz" });
  assert.equal(station.statusOf(command), "accepted");
  station.call("DiagnosticsStatusNotification", { status: "Uploading" });
  station.call("DiagnosticsStatusNotification", { status: "UploadFailed" });
  assert.deepEqual(logs(station), ["failed UploadFailed"]);
  assert.equal(station.items("log")[0]?.["fileName"], "diag.tgz");

  const security = station.command("get-log", { ...asked, logType: "SecurityLog" });
  assert.deepEqual(station.orders()[1]?.action, "GetLog");
  station.answered(security, { status: "Accepted", filename: "sec.log" });
  const { requestId } = station.orders()[1]?.payload as { requestId: number };
  // Of the other kind of upload: not of this one.
  station.call("DiagnosticsStatusNotification", { status: "Uploading" });
  report(station, "Uploaded", requestId);
  assert.deepEqual(logs(station), ["running Uploading", "done Uploaded"]);
});

test("the oldest logs of a station give way", () => {
  const station = CommandedStation.on("ocpp2.0.1");
  for (let n = 0; n < JOBS_KEPT + 3; n++) {
    station.answered(station.command("get-log", asked), { status: "Accepted" });
    station.stage.advance(1_000);
  }
  const kept = station.items("log").map(({ requestId }) => requestId);
  assert.deepEqual(kept, Array.from({ length: JOBS_KEPT }, (_, index) => index + 4));
});
