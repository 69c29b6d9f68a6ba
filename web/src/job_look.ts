/** How far a station has come with a file that it loads or sends, as steps and in words. */
import type { FirmwareJob, StationLog } from "#schemas/rest/upkeep.ts";
import type { Look } from "./status.ts";

export type AnyJob = FirmwareJob | StationLog;

export interface JobStep {
  readonly word: string;
  readonly state: "done" | "now" | "failed" | "stopped" | "todo";
}

const ways = {
  signed: ["Asked", "Loading", "Loaded", "Verified", "Installing", "Installed"],
  update: ["Asked", "Loading", "Loaded", "Installing", "Installed"],
  publication: ["Asked", "Loading", "Loaded", "Verified", "Published"],
  log: ["Asked", "Sending", "Sent"],
} as const;

/** The step that a status is at. */
const steps: Readonly<Record<string, string>> = {
  DownloadScheduled: "Loading",
  Downloading: "Loading",
  DownloadPaused: "Loading",
  DownloadFailed: "Loading",
  Downloaded: "Loaded",
  SignatureVerified: "Verified",
  ChecksumVerified: "Verified",
  InvalidSignature: "Verified",
  InvalidChecksum: "Verified",
  InstallScheduled: "Installing",
  Installing: "Installing",
  InstallRebooting: "Installing",
  InstallationFailed: "Installing",
  InstallVerificationFailed: "Installing",
  Installed: "Installed",
  Published: "Published",
  PublishFailed: "Published",
  Uploaded: "Sent",
};

function wayOf(job: AnyJob): readonly string[] {
  if ("logType" in job) return ways.log;
  if (job.kind === "publication") return ways.publication;
  const isVerified = job.isSigned || job.history.some(({ status }) => steps[status] === "Verified");
  return isVerified ? ways.signed : ways.update;
}

/** The way of the job with where it is, for a picture. */
export function stepsOf(job: AnyJob): readonly JobStep[] {
  const way = wayOf(job);
  const isLog = "logType" in job;
  const word = job.status === null ? "Asked" : steps[job.status] ?? (isLog ? "Sending" : "Loading");
  const at = Math.max(0, way.indexOf(word));
  return way.map((each, index): JobStep => {
    if (index > at) return { word: each, state: "todo" };
    if (index < at || job.state === "done" || job.state === "withdrawn") {
      return { word: each, state: "done" };
    }
    if (job.state === "failed" || job.state === "rejected" || job.state === "unanswered") {
      return { word: each, state: "failed" };
    }
    return { word: each, state: job.state === "canceled" ? "stopped" : "now" };
  });
}

const looks: Readonly<Record<AnyJob["state"], Look>> = {
  pending: { word: "Asked", tone: "occupied", shape: "clock" },
  unanswered: { word: "No answer", tone: "faulted", shape: "triangle" },
  accepted: { word: "Accepted", tone: "occupied", shape: "half" },
  rejected: { word: "Refused", tone: "faulted", shape: "cross" },
  running: { word: "Under way", tone: "charging", shape: "half" },
  done: { word: "Done", tone: "available", shape: "check" },
  failed: { word: "Failed", tone: "faulted", shape: "triangle" },
  canceled: { word: "Replaced", tone: "off", shape: "cross" },
  withdrawn: { word: "Withdrawn", tone: "off", shape: "cross" },
};

export function lookOfJob({ state }: AnyJob): Look {
  return looks[state];
}

export function isUnderWay({ state }: AnyJob): boolean {
  return state === "pending" || state === "accepted" || state === "running";
}

const advice: Readonly<Record<string, string>> = {
  InvalidCertificate:
    "The station does not trust the signing certificate. Use the one that the manufacturer gave with the file.",
  RevokedCertificate:
    "The signing certificate was revoked. Ask the manufacturer for a file with a new signature.",
  DownloadFailed:
    "The station could not load the file. See that the address opens from the station's network.",
  InvalidSignature:
    "The signature does not fit the file. Load the file again from the manufacturer, or sign it anew.",
  InvalidChecksum: "The checksum does not fit the file. Compare it with the manufacturer's.",
  InstallationFailed:
    "The file was loaded, but not installed. It may be for another model; look at the station's log.",
  InstallVerificationFailed:
    "The station found the installed firmware faulty and keeps the old one. Look at its log.",
  PublishFailed:
    "The controller could not offer the file. See that it has room and a reachable address.",
  UploadFailure: "The log could not be sent. See that the address takes uploads from the station.",
  UploadFailed: "The log could not be sent. See that the address takes uploads from the station.",
  BadMessage: "The address took the upload for faulty. Try another protocol, for example https.",
  NotSupportedOperation: "The address does not take this kind of upload.",
  PermissionDenied: "The address refused the upload. See its user and password.",
};

/** What to do next; undefined when there is nothing to do. */
export function adviceOfJob(job: AnyJob): string | undefined {
  if (job.state === "unanswered") {
    return "The station did not answer. Ask again when it is connected.";
  }
  if (job.state === "rejected") {
    const known = advice[job.answer ?? ""];
    return known ?? `The station refused (${job.answer ?? "without a word"}). Try again later.`;
  }
  if (job.state !== "failed") return undefined;
  return advice[job.status ?? ""] ?? `The station says ${job.status ?? "nothing"}.`;
}

/** `InvalidFirmwareSignature` → `Invalid firmware signature`. */
export function spoken(word: string): string {
  const spaced = word.replace(/([a-z\d])([A-Z])/g, "$1 $2").replace(
    /([A-Z]+)([A-Z][a-z])/g,
    "$1 $2",
  );
  const words = spaced.split(" ").map((each) =>
    /^[A-Z]{2,}$/.test(each) ? each : each.toLowerCase()
  );
  const text = words.join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The last part of a URL: what people call the file. */
export function fileOf(url: string | null): string {
  const name = url?.replace(/[?#].*$/, "").split("/").findLast((part) => part !== "");
  return name ?? "file";
}
