import type { ReactElement, ReactNode } from "react";
import { Link } from "react-router";
import { segment } from "../api.ts";
import { adviceFor, wordOfCommand } from "../command_advice.ts";
import { isRecord } from "../live_feed.ts";
import type { Command } from "../shapes.ts";
import { isFinal, lookOfCommand } from "../status.ts";
import { Chip, Glyph } from "./glyph.tsx";
import { Instant } from "./instant.tsx";
import { JsonView } from "./json_view.tsx";

/** Commands with their life cycle: queued, sent, and what the station made of them. */
export function CommandList({ commands }: { commands: readonly Command[] }): ReactElement {
  return (
    <ol className="command-list" aria-live="polite" aria-label="Commands">
      {commands.map((command) => <CommandItem key={command.id} command={command} />)}
    </ol>
  );
}

function CommandItem({ command }: { command: Command }): ReactElement {
  const look = lookOfCommand(command.status);
  const advice = adviceFor(command);
  const final = isFinal(command.status);
  const wasSent = command.status !== "queued" && command.status !== "expired";
  return (
    <li className="command-item">
      <div className="row">
        <b>{wordOfCommand(command)}</b>
        <span className="soft small">
          <Instant at={command.createdAt} />
        </span>
        <span style={{ marginLeft: "auto" }}>
          <Chip look={look} />
        </span>
      </div>
      <div className="steps" aria-hidden="true">
        <Step done>Queued</Step>
        <span className="step-line" />
        <Step done={wasSent}>Sent</Step>
        <span className="step-line" />
        {final
          ? (
            <span className="step" data-done="true" data-tone={look.tone}>
              <Glyph shape={look.shape} size={11} /> {look.word}
            </span>
          )
          : <Step done={false}>Answer</Step>}
      </div>
      {advice === undefined ? null : <p className="advice">{advice}</p>}
      {command.response === undefined ? null : (
        <details className="answer">
          <summary>{answerOf(command.response)}</summary>
          <JsonView value={command.response} />
        </details>
      )}
      {command.sessionId === undefined ? null : (
        <p className="advice">
          It led to <Link to={`/sessions/${segment(command.sessionId)}`}>this session</Link>.
        </p>
      )}
    </li>
  );
}

/** What the station answered, in its own word where it has one. */
function answerOf(response: unknown): string {
  const answers = Array.isArray(response) ? response : [response];
  const words = answers.map((answer) => isRecord(answer) ? answer["status"] : undefined)
    .filter((word) => typeof word === "string");
  return words.length === 0 ? "The station's answer" : `The station answered ${words.join(", ")}`;
}

function Step({ done, children }: { done: boolean; children: ReactNode }): ReactElement {
  return (
    <span className="step" data-done={done}>
      <Glyph shape={done ? "check" : "dotted"} size={11} /> {children}
    </span>
  );
}
