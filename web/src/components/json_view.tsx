import type { ReactElement, ReactNode } from "react";

const token = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)/g;

/** JSON, indented and coloured. Text that is no JSON is shown as it came. */
export function JsonView({ value }: { value: unknown }): ReactElement {
  const text = pretty(value);
  const parts: ReactNode[] = [];
  let end = 0;
  for (const match of text.matchAll(token)) {
    parts.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    parts.push(<span key={match.index} className={classOf(match)}>{match[0]}</span>);
  }
  parts.push(text.slice(end));
  return <pre className="json mono" tabIndex={0} aria-label="Payload">{parts}</pre>;
}

function classOf(match: RegExpExecArray): string {
  if (match[1] !== undefined) return match[2] === undefined ? "json-text" : "json-key";
  return match[3] === undefined ? "json-word" : "json-number";
}

function pretty(value: unknown): string {
  const parsed = typeof value === "string" ? parse(value) : value;
  return typeof parsed === "string" ? parsed : JSON.stringify(parsed, null, 2) ?? "";
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The payload on one line, for a list. */
export function gist(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 240 ? `${text.slice(0, 240)}…` : text;
}
