import type { ReactElement } from "react";
import { adviceOfJob, type AnyJob, lookOfJob, spoken, stepsOf } from "../job_look.ts";
import { Chip, Glyph } from "./glyph.tsx";
import { Instant } from "./instant.tsx";

const shapes = {
  done: "check",
  now: "half",
  failed: "triangle",
  stopped: "cross",
  todo: "dotted",
} as const;
const tones = {
  done: "available",
  now: "charging",
  failed: "faulted",
  stopped: "off",
  todo: "off",
} as const;

/** One file on its way: its name, how far it is, and what to do when it is stuck. */
export function JobItem(
  { job, name, detail }: { job: AnyJob; name: string; detail: string },
): ReactElement {
  const advice = adviceOfJob(job);
  return (
    <li className="job">
      <div className="row job-head">
        <b className="break">{name}</b>
        <Chip look={lookOfJob(job)} />
      </div>
      <ol className="job-steps" aria-label={`Progress of ${name}`}>
        {stepsOf(job).map(({ word, state }) => (
          <li key={word} data-tone={tones[state]} data-state={state}>
            <Glyph shape={shapes[state]} size={16} />
            <span>{word}</span>
          </li>
        ))}
      </ol>
      <div className="soft small break">
        <Instant at={job.createdAt} as="ago" />
        {detail === "" ? "" : ` · ${detail}`}
        {job.status === null ? "" : ` · ${spoken(job.status)}`}
      </div>
      {advice === undefined ? null : <p className="advice">{advice}</p>}
    </li>
  );
}
