import { defineBlock, type Exchange, type HeardNotice, type SentCall } from "./block.ts";
import type { StationItem } from "#schemas/station_items.ts";
import type { Turn } from "../turn.ts";
import { answerJob, beginJob, jobsOf, type JobWords, reportJob, shownUrl } from "./jobs.ts";

/** OCPP 2.0.1 Part 2, UploadLogStatusEnumType; OCPP 1.6J, 7.24 DiagnosticsStatus. */
const words: JobWords = {
  block: "log",
  steps: { Uploading: 1 },
  done: new Set(["Uploaded"]),
  failed: new Set([
    ...["BadMessage", "NotSupportedOperation", "PermissionDenied", "UploadFailure"],
    "UploadFailed",
  ]),
};

const asked = {
  reads: [words.block],
  sent: (turn: Turn, call: SentCall): void => {
    const { log, location, logType } = call.payload;
    const place = typeof log === "object" && log !== null && "remoteLocation" in log
      ? log.remoteLocation
      : location;
    beginJob(turn, words, call, {
      logType: typeof logType === "string" ? logType : "DiagnosticsLog",
      remoteLocation: shownUrl(place),
      fileName: null,
    });
  },
  ended: (turn: Turn, exchange: Exchange, items: readonly StationItem[]): void => {
    const job = answerJob(turn, words, exchange, jobsOf(items, words.block));
    const { filename, fileName = filename } = exchange.response;
    if (job === undefined || typeof fileName !== "string") return;
    turn.keepItem(words.block, exchange.commandId, { ...job, fileName });
  },
} as const;

/** A report that the station has been asked about only says how it stands: nothing follows. */
const reported = {
  reads: [words.block],
  heard: (turn: Turn, notice: HeardNotice, items: readonly StationItem[]): unknown => {
    const { status, requestId } = notice.payload;
    if (typeof status !== "string") return {};
    const isOfDiagnostics = notice.action === "DiagnosticsStatusNotification";
    // 1.6 has two kinds of upload, each with reports of its own.
    const jobs = jobsOf(items, words.block).filter(({ job }) =>
      (job.action === "GetDiagnostics") === isOfDiagnostics
    );
    reportJob(turn, words, { status, requestId }, jobs);
    return {};
  },
} as const;

/** Logs: OCPP 2.0.1 Part 2, N01; OCPP 1.6J, 5.8 and its security whitepaper. */
export const diagnostics = defineBlock({
  name: "diagnostics",
  calls: { GetLog: asked, GetDiagnostics: asked },
  notices: { LogStatusNotification: reported, DiagnosticsStatusNotification: reported },
});
