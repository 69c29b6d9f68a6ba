import assert from "node:assert/strict";
import { test } from "node:test";
import type { FirmwareJob, StationLog } from "#schemas/rest/upkeep.ts";
import { adviceOfJob, fileOf, isUnderWay, lookOfJob, spoken, stepsOf } from "./job_look.ts";

const at = "2026-11-22T12:00:00.000Z";
const update: FirmwareJob = {
  ...{ id: "c1", requestId: 1, state: "running", answer: "Accepted", status: null, history: [] },
  ...{ createdAt: at, updatedAt: at, kind: "update", location: "https://h/fw.bin" },
  ...{ retrieveAt: at, installAt: null, isSigned: false, checksum: null, locations: [] },
};
const log: StationLog = {
  ...{ id: "c2", requestId: 1, state: "pending", answer: null, status: null, history: [] },
  ...{ createdAt: at, updatedAt: at, logType: "SecurityLog", remoteLocation: null, fileName: null },
};

function drawn(job: Parameters<typeof stepsOf>[0]): string {
  return stepsOf(job).map(({ word, state }) => `${word} ${state}`).join(", ");
}

test("stepsOf() shows where a job is on its way, and where it failed", () => {
  assert.equal(
    drawn({ ...update, status: "Downloaded" }),
    "Asked done, Loading done, Loaded now, Installing todo, Installed todo",
  );
  assert.equal(
    drawn({ ...update, isSigned: true, state: "failed", status: "InvalidSignature" }),
    "Asked done, Loading done, Loaded done, Verified failed, Installing todo, Installed todo",
  );
  assert.equal(
    drawn({ ...update, state: "done", status: "Installed" }),
    "Asked done, Loading done, Loaded done, Installing done, Installed done",
  );
  assert.equal(
    drawn({ ...update, kind: "publication", state: "withdrawn", status: "Published" }),
    "Asked done, Loading done, Loaded done, Verified done, Published done",
  );
  assert.equal(drawn({ ...log, state: "rejected" }), "Asked failed, Sending todo, Sent todo");
  const canceled = { ...log, state: "canceled", status: "Uploading" } as const;
  assert.equal(drawn(canceled), "Asked done, Sending stopped, Sent todo");
  assert.equal(
    drawn({ ...log, state: "failed", status: "Odd" }),
    "Asked done, Sending failed, Sent todo",
  );
});

test("adviceOfJob() says what to do after a refusal, a failure or silence, and else nothing", () => {
  assert.match(
    adviceOfJob({ ...update, state: "failed", status: "DownloadFailed" }) ?? "",
    /address/,
  );
  assert.match(
    adviceOfJob({ ...update, state: "rejected", answer: "RevokedCertificate" }) ?? "",
    /revoked/,
  );
  assert.match(adviceOfJob({ ...log, state: "rejected", answer: "NotNow" }) ?? "", /\(NotNow\)/);
  assert.match(adviceOfJob({ ...log, state: "unanswered" }) ?? "", /connected/);
  assert.equal(adviceOfJob(update), undefined);
  assert.deepEqual([isUnderWay(update), isUnderWay({ ...log, state: "done" })], [true, false]);
  assert.equal(lookOfJob({ ...log, state: "canceled" }).word, "Replaced");
});

test("words of the standard are spoken, and a URL is called by its file", () => {
  assert.equal(spoken("InvalidFirmwareSignature"), "Invalid firmware signature");
  assert.equal(spoken("InvalidTLSVersion"), "Invalid TLS version");
  assert.equal(spoken("MemoryExhaustion"), "Memory exhaustion");
  assert.equal(fileOf("https://h/a/fw-2.bin?x=1"), "fw-2.bin");
  assert.equal(fileOf(null), "file");
});
