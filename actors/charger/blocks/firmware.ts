import type { StationItem } from "#schemas/station_items.ts";
import { openAlert, settleAlert } from "../alerts.ts";
import type { Turn } from "../turn.ts";
import { defineBlock, type Exchange, type HeardNotice, type SentCall } from "./block.ts";
import {
  answerJob,
  beginJob,
  type Job,
  jobsOf,
  type JobWords,
  type KeptJob,
  reportJob,
  shownUrl,
} from "./jobs.ts";

/** OCPP 2.0.1 Part 2, FirmwareStatusEnumType; 1.6 has some of them. */
const updates: JobWords = {
  block: "firmware",
  steps: {
    ...{ DownloadScheduled: 1, Downloading: 2, DownloadPaused: 2, Downloaded: 3 },
    ...{ SignatureVerified: 4, InstallScheduled: 5, Installing: 6, InstallRebooting: 7 },
  },
  done: new Set(["Installed"]),
  failed: new Set([
    ...["DownloadFailed", "InvalidSignature", "InstallationFailed", "InstallVerificationFailed"],
  ]),
};

/** OCPP 2.0.1 Part 2, PublishFirmwareStatusEnumType. */
const publications: JobWords = {
  block: "firmware",
  steps: {
    ...{ DownloadScheduled: 1, Downloading: 2, DownloadPaused: 2, Downloaded: 3 },
    ChecksumVerified: 4,
  },
  done: new Set(["Published"]),
  failed: new Set(["DownloadFailed", "InvalidChecksum", "PublishFailed"]),
};

const reads = [updates.block] as const;

function sentUpdate(turn: Turn, call: SentCall): void {
  const { firmware, location, retrieveDate } = call.payload;
  const file = typeof firmware === "object" && firmware !== null
    ? { ...firmware }
    : { location, retrieveDateTime: retrieveDate };
  const asked = new Map<string, unknown>(Object.entries(file));
  beginJob(turn, updates, call, {
    kind: "update",
    location: shownUrl(asked.get("location")),
    retrieveAt: textOrNull(asked.get("retrieveDateTime")),
    installAt: textOrNull(asked.get("installDateTime")),
    isSigned: asked.has("signature"),
  });
}

function sentPublication(turn: Turn, call: SentCall): void {
  const { location, checksum } = call.payload;
  beginJob(turn, publications, call, {
    kind: "publication",
    location: shownUrl(location),
    checksum: textOrNull(checksum),
    locations: [],
  });
}

/** Only jobs of its own kind give way to the one that is accepted. */
function ended(turn: Turn, exchange: Exchange, items: readonly StationItem[]): void {
  const isPublication = exchange.action === "PublishFirmware";
  answerJob(turn, updates, exchange, ofKind(items, isPublication));
}

function ofKind(items: readonly StationItem[], isPublication: boolean): readonly KeptJob[] {
  return jobsOf(items, updates.block).filter(({ job }) =>
    (job["kind"] === "publication") === isPublication
  );
}

/** Unsigned updates of 1.6 have reports of their own, which name no request. */
function heardUpdate(turn: Turn, notice: HeardNotice, items: readonly StationItem[]): unknown {
  const { status, requestId } = notice.payload;
  if (typeof status !== "string") return {};
  const isSigned = notice.action === "SignedFirmwareStatusNotification";
  const jobs = ofKind(items, false).filter(({ job }) =>
    notice.protocol !== "ocpp1.6" || (job.action === "SignedUpdateFirmware") === isSigned
  );
  alertAbout(turn, updates, { status, job: reportJob(turn, updates, { status, requestId }, jobs) });
  return {};
}

function heardPublication(turn: Turn, notice: HeardNotice, items: readonly StationItem[]): unknown {
  const { status, requestId, location } = notice.payload;
  if (typeof status !== "string") return {};
  const jobs = ofKind(items, true);
  const job = reportJob(turn, publications, { status, requestId }, jobs);
  const key = jobs.find(({ job: { createdAt } }) => createdAt === job?.createdAt)?.key;
  if (job !== undefined && key !== undefined && Array.isArray(location)) {
    const locations = location.map(shownUrl).filter((place) => place !== null);
    turn.keepItem(publications.block, key, { ...job, locations });
  }
  alertAbout(turn, publications, { status, job });
  return {};
}

/** Of an update that nobody here knows a failure counts too: another system may have asked. */
function alertAbout(
  turn: Turn,
  { failed, done }: JobWords,
  { status, job }: { readonly status: string; readonly job: Job | undefined },
): void {
  const place = job === undefined ? "" : ` of ${job["location"]}`;
  if (failed.has(status) && job?.state !== "done" && job?.state !== "canceled") {
    openAlert(turn, "firmwareFailed", `${status}${place}`);
  } else if (done.has(status)) settleAlert(turn, "firmwareFailed");
}

function endedUnpublish(turn: Turn, exchange: Exchange, items: readonly StationItem[]): void {
  if (exchange.response["status"] !== "Unpublished") return;
  const { checksum } = exchange.payload;
  for (const { key, job } of ofKind(items, true)) {
    if (job.state !== "done" || !isSameSum(job["checksum"], checksum)) continue;
    turn.keepItem(publications.block, key, { ...job, state: "withdrawn" });
  }
}

function isSameSum(one: unknown, other: unknown): boolean {
  return typeof one === "string" && one.toLowerCase() === String(other).toLowerCase();
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

const asksUpdate = { reads, sent: sentUpdate, ended };

/** Firmware: OCPP 2.0.1 Part 2, block L; OCPP 1.6J, 5.19 and its security whitepaper. */
export const firmware = defineBlock({
  name: "firmware",
  calls: {
    UpdateFirmware: asksUpdate,
    SignedUpdateFirmware: asksUpdate,
    PublishFirmware: { reads, sent: sentPublication, ended },
    UnpublishFirmware: { reads, ended: endedUnpublish },
  },
  notices: {
    FirmwareStatusNotification: { reads, heard: heardUpdate },
    SignedFirmwareStatusNotification: { reads, heard: heardUpdate },
    PublishFirmwareStatusNotification: { reads, heard: heardPublication },
  },
});
