/** The shapes that tell a status without colour. */
import type { ReactElement } from "react";
import type { Look, Shape } from "../status.ts";

const line = {
  fill: "none",
  stroke: "currentColor",
  strokeWidth: 1.8,
  strokeLinecap: "round",
  strokeLinejoin: "round",
} as const;

const drawings: Readonly<Record<Shape, ReactElement>> = {
  circle: <circle cx="7" cy="7" r="4.7" {...line} />,
  bolt: <path d="M8 .8 2.6 7.9h3.6l-.8 5.3 5.8-7.5H7.4z" fill="currentColor" />,
  half: (
    <>
      <circle cx="7" cy="7" r="4.9" {...line} />
      <path d="M7 2.1a4.9 4.9 0 0 1 0 9.8z" fill="currentColor" />
    </>
  ),
  pause: <path d="M4.6 2.6v8.8M9.4 2.6v8.8" {...line} strokeWidth={2.4} />,
  diamond: <path d="M7 1.6 12.4 7 7 12.4 1.6 7z" {...line} />,
  triangle: (
    <>
      <path d="M7 1.2 13.3 12.4H.7z" fill="currentColor" />
      <path d="M7 5.2v3.2M7 10.4v.1" {...line} stroke="var(--card)" strokeWidth={1.5} />
    </>
  ),
  cross: <path d="m3 3 8 8M11 3l-8 8" {...line} strokeWidth={2} />,
  dotted: <circle cx="7" cy="7" r="4.8" {...line} strokeDasharray="1.5 2.9" />,
  check: <path d="m2.4 7.6 3 3 6.2-7" {...line} strokeWidth={2} />,
  clock: (
    <>
      <circle cx="7" cy="7" r="5.3" {...line} strokeWidth={1.5} />
      <path d="M7 4.2V7l1.9 1.4" {...line} strokeWidth={1.5} />
    </>
  ),
};

export function Glyph({ shape, size = 14 }: { shape: Shape; size?: number }): ReactElement {
  return (
    <svg className="glyph" width={size} height={size} viewBox="0 0 14 14" aria-hidden="true">
      {drawings[shape]}
    </svg>
  );
}

export interface ChipProps {
  readonly look: Look;
  /** Written before the word, for example the connector's number. */
  readonly name?: string;
  /** The station is away: this is what it said last. */
  readonly stale?: boolean;
  readonly title?: string;
}

/** Shape, word and colour of one status. */
export function Chip({ look, name, stale = false, title }: ChipProps): ReactElement {
  return (
    <span className="chip" data-tone={look.tone} data-stale={stale} title={title}>
      <Glyph shape={look.shape} />
      {name === undefined ? null : <b>{name}</b>}
      {look.word}
    </span>
  );
}
