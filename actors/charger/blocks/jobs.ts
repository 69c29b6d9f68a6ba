/**
 * What a station does for us over a while and reports on: uploads of logs, updates of firmware. One
 * item per CALL that asked for it. Reports come late, twice, out of order or never.
 */
import { formatInstant } from "#schemas/instant.ts";
import type { ItemBlock, StationItem } from "#schemas/station_items.ts";
import type { Turn } from "../turn.ts";
import type { Exchange, SentCall } from "./block.ts";

export type JobState =
  /** Sent, and not answered yet. */
  | "pending"
  | "accepted"
  | "rejected"
  | "running"
  | "done"
  | "failed"
  /** Another one took its place. */
  | "canceled"
  /** What was published is published no longer. */
  | "withdrawn";

export interface JobReport {
  readonly status: string;
  /** When it came. */
  readonly at: string;
}

export interface Job {
  readonly action: string;
  /** By which reports name it; null = they name nothing. */
  readonly requestId: number | null;
  readonly state: JobState;
  /** What the station answered; the code of a CALLERROR; null = nothing yet. */
  readonly answer: string | null;
  /** The furthest that the station reported. */
  readonly status: string | null;
  /** The newest reports, oldest first. */
  readonly history: readonly JobReport[];
  readonly createdAt: string;
  readonly updatedAt: string;
  /** What was asked for, for people. */
  readonly [detail: string]: unknown;
}

/** An item with its job; the key is the id of the CALL's command. */
export interface KeptJob {
  readonly key: string;
  readonly job: Job;
}

/** What the reports of one kind of job mean. */
export interface JobWords {
  readonly block: ItemBlock;
  /** How far a status is on the way. */
  readonly steps: Readonly<Record<string, number>>;
  readonly done: ReadonlySet<string>;
  readonly failed: ReadonlySet<string>;
}

/** Jobs that are kept per station; older ones are in the list of events. */
export const JOBS_KEPT = 8;
const HISTORY_KEPT = 16;
const CANCELED = "AcceptedCanceled";
/** Says that there is no job, whatever the version. */
const IDLE = "Idle";

/** The jobs of one block, oldest first. */
export function jobsOf(items: readonly StationItem[], block: ItemBlock): readonly KeptJob[] {
  return items.filter((item) => item.block === block)
    .map(({ key, body }) => ({ key, job: body as unknown as Job }))
    .sort((one, other) => one.job.createdAt < other.job.createdAt ? -1 : 1);
}

/** Notes a job that was asked for just now. */
export function beginJob(
  turn: Turn,
  { block }: JobWords,
  { commandId, action, payload }: SentCall,
  detail: Readonly<Record<string, unknown>>,
): void {
  const { requestId } = payload;
  const at = formatInstant(turn.now);
  const job: Job = {
    ...detail,
    action,
    requestId: typeof requestId === "number" ? requestId : null,
    ...{ state: "pending", answer: null, status: null, history: [] },
    ...{ createdAt: at, updatedAt: at },
  };
  turn.keepItem(block, commandId, { ...job });
}

/** Notes what the station answered; undefined when the job is not known (any more). */
export function answerJob(
  turn: Turn,
  { block }: JobWords,
  { commandId, outcome, response, errorCode }: Exchange,
  kept: readonly KeptJob[],
): Job | undefined {
  const found = kept.find(({ key }) => key === commandId);
  if (outcome === "silent" || found === undefined) return undefined;
  // Where the standard has no status, whoever answers does it.
  const status = response["status"] ?? "Accepted";
  const answer = outcome === "failed" ? errorCode ?? "error" : String(status);
  const isAccepted = answer === "Accepted" || answer === CANCELED;
  const { job } = found;
  const state = isAccepted ? (job.state === "pending" ? "accepted" : job.state) : "rejected";
  const answered = { ...job, answer, state, updatedAt: formatInstant(turn.now) } as const;
  turn.keepItem(block, commandId, answered);
  if (answer === CANCELED) cancelOthers(turn, block, kept.filter(({ key }) => key !== commandId));
  forgetOldest(turn, block, kept);
  return answered;
}

/**
 * Notes a report; undefined when it is of no job that is known, or says nothing new. Without a
 * request id it is of the newest job that is under way.
 */
export function reportJob(
  turn: Turn,
  words: JobWords,
  report: { readonly status: string; readonly requestId: unknown },
  kept: readonly KeptJob[],
): Job | undefined {
  if (report.status === IDLE) return undefined;
  const found = reportedJob(kept, report.requestId);
  if (found === undefined) return undefined;
  const job = withReport(found.job, words, { status: report.status, at: formatInstant(turn.now) });
  if (job === found.job) return undefined;
  turn.keepItem(words.block, found.key, { ...job });
  return job;
}

function reportedJob(kept: readonly KeptJob[], requestId: unknown): KeptJob | undefined {
  if (typeof requestId === "number") return kept.findLast(({ job }) => job.requestId === requestId);
  return kept.findLast(({ job }) => !isOver(job)) ?? kept.at(-1);
}

export function isOver({ state }: Job): boolean {
  return state !== "pending" && state !== "accepted" && state !== "running";
}

/** The job after a report, or itself when the report is a repeat of the newest. */
export function withReport(job: Job, words: JobWords, report: JobReport): Job {
  if (job.history.at(-1)?.status === report.status) return job;
  const history = [...job.history, report].slice(-HISTORY_KEPT);
  const heard: Job = { ...job, history, updatedAt: report.at };
  const { status } = report;
  // What is done, or was taken over by another job, is not undone by what comes late.
  if (job.state === "done" || job.state === "canceled" || job.state === "withdrawn") return heard;
  if (status === CANCELED) return { ...heard, status, state: "canceled" };
  if (words.done.has(status)) return { ...heard, status, state: "done" };
  if (words.failed.has(status)) return { ...heard, status, state: "failed" };
  const isFurther = stepOf(words, status) >= stepOf(words, job.status);
  // After a failure the station tries again.
  if (job.state === "failed" || isFurther) return { ...heard, status, state: "running" };
  return { ...heard, state: "running" };
}

/** A word that is not in the standard is taken for news. */
function stepOf({ steps }: JobWords, status: string | null): number {
  return status === null ? 0 : steps[status] ?? Infinity;
}

function cancelOthers(turn: Turn, block: ItemBlock, others: readonly KeptJob[]): void {
  const updatedAt = formatInstant(turn.now);
  for (const { key, job } of others) {
    if (!isOver(job)) turn.keepItem(block, key, { ...job, state: "canceled", updatedAt });
  }
}

function forgetOldest(turn: Turn, block: ItemBlock, kept: readonly KeptJob[]): void {
  const tooMany = kept.slice(0, Math.max(0, kept.length - JOBS_KEPT));
  for (const { key } of tooMany) turn.keepItem(block, key, null);
}

/** A URL without the password that it may carry. */
export function shownUrl(url: unknown): string | null {
  if (typeof url !== "string") return null;
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^@/]*@/i, "$1…@");
}
