import type { Span, SpanSink } from "../ports/spans.ts";

/** Keeps spans in memory, and draws them as a tree. */
export class SpanList implements SpanSink {
  readonly spans: Span[] = [];

  add(spans: readonly Span[]): void {
    this.spans.push(...spans);
  }

  /** Names of the spans of one trace, indented, in order of start; `?` where a parent is missing. */
  tree(traceId: string): readonly string[] {
    return spanTree(this.spans.filter((span) => span.traceId === traceId))
      .map(({ span, depth, isOrphan }) => "  ".repeat(depth) + (isOrphan ? "? " : "") + span.name);
  }
}

export interface PlacedSpan<Kind extends Pick<Span, "spanId" | "parentId" | "startAt">> {
  readonly span: Kind;
  readonly depth: number;
  /** Its parent is not among the spans. */
  readonly isOrphan: boolean;
}

/** The spans of a trace, parents before children, in order of start. */
export function spanTree<Kind extends Pick<Span, "spanId" | "parentId" | "startAt">>(
  spans: readonly Kind[],
): readonly PlacedSpan<Kind>[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const below = Map.groupBy(
    [...spans].sort((one, other) => one.startAt - other.startAt),
    ({ parentId }) => parentId !== undefined && ids.has(parentId) ? parentId : "",
  );
  const placed: PlacedSpan<Kind>[] = [];
  const place = (parentId: string, depth: number): void => {
    for (const span of below.get(parentId) ?? []) {
      const isOrphan = depth === 0 && span.parentId !== undefined;
      placed.push({ span, depth, isOrphan });
      place(span.spanId, depth + 1);
    }
  };
  place("", 0);
  return placed;
}
