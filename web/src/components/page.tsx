/** The parts that every page is made of. */
import { Button, CopyButton } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactElement, ReactNode } from "react";
import { Link } from "react-router";
import { type ApiError, messageOf } from "../api.ts";
import { Glyph } from "./glyph.tsx";
import { Icon } from "./icons.tsx";

interface PageHeadProps {
  readonly title: string;
  readonly back?: { readonly to: string; readonly word: string };
  /** Beside the title: chips. */
  readonly beside?: ReactNode;
  readonly actions?: ReactNode;
}

export function PageHead({ title, back, beside, actions }: PageHeadProps): ReactElement {
  useDocumentTitle(`${title} · Statewatt`);
  return (
    <header>
      {back === undefined ? null : (
        <Link className="crumb" to={back.to}>
          <Icon name="back" size={14} /> {back.word}
        </Link>
      )}
      <div className="page-head">
        <h1>{title}</h1>
        {beside}
        {actions === undefined ? null : <div className="page-head-actions">{actions}</div>}
      </div>
    </header>
  );
}

interface CardProps {
  readonly title?: string;
  readonly beside?: ReactNode;
  readonly children: ReactNode;
  /** Without inner space, for tables. */
  readonly flush?: boolean;
}

export function Card({ title, beside, children, flush = false }: CardProps): ReactElement {
  return (
    <section className="card" aria-label={title}>
      {title === undefined ? null : (
        <div className="card-head">
          <h2>{title}</h2>
          {beside}
        </div>
      )}
      {flush ? children : <div className="card-body">{children}</div>}
    </section>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }): ReactElement {
  return (
    <div className="empty">
      <h3>{title}</h3>
      {children}
    </div>
  );
}

/** What went wrong, and a way on. */
export function ProblemNote(
  { error, onRetry }: { error: ApiError | Error | string; onRetry?: () => void },
): ReactElement {
  return (
    <div className="problem" role="alert">
      <span data-tone="faulted">
        <Glyph shape="triangle" />
      </span>
      <span style={{ flex: 1 }}>{messageOf(error)}</span>
      {onRetry === undefined
        ? null
        : <Button variant="default" size="compact-xs" onClick={onRetry}>Try again</Button>}
    </div>
  );
}

export function CodeLine({ text, word }: { text: string; word: string }): ReactElement {
  return (
    <div className="code-line">
      <code className="mono">{text}</code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Button
            variant="default"
            size="compact-xs"
            leftSection={<Icon name="copy" size={13} />}
            onClick={copy}
            aria-label={`Copy ${word}`}
          >
            {copied ? "Copied" : "Copy"}
          </Button>
        )}
      </CopyButton>
    </div>
  );
}

export type Fact = readonly [word: string, value: ReactNode];

export function Facts({ facts }: { facts: readonly Fact[] }): ReactElement {
  return (
    <dl className="facts">
      {facts.map(([word, value]) => (
        <div key={word} style={{ display: "contents" }}>
          <dt>{word}</dt>
          <dd>{value ?? "–"}</dd>
        </div>
      ))}
    </dl>
  );
}

interface PagerProps {
  readonly shown: number;
  readonly word: string;
  readonly page: number;
  readonly onBack: (() => void) | undefined;
  readonly onForward: (() => void) | undefined;
}

export function Pager({ shown, word, page, onBack, onForward }: PagerProps): ReactElement | null {
  if (onBack === undefined && onForward === undefined) return null;
  return (
    <nav className="pager" aria-label="Pages">
      <span>{`${shown} ${word} on page ${page}`}</span>
      <Button variant="default" disabled={onBack === undefined} onClick={onBack}>Newer</Button>
      <Button variant="default" disabled={onForward === undefined} onClick={onForward}>
        Older
      </Button>
    </nav>
  );
}

/** Grey lines in place of rows that are on their way. */
export function SkeletonRows(
  { columns, rows = 6 }: { columns: number; rows?: number },
): ReactElement {
  return (
    <>
      {Array.from(
        { length: rows },
        (_, row) => (
          <tr key={row} className="skeleton-row" aria-hidden="true">
            {Array.from(
              { length: columns },
              (_, column) => (
                <td key={column} data-wide={column === 0}>
                  <span />
                </td>
              ),
            )}
          </tr>
        ),
      )}
    </>
  );
}
