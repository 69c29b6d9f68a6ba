import { useState } from "react";

export interface Paging {
  readonly cursor: string | null;
  readonly page: number;
  back: (() => void) | undefined;
  forward(next: string | null): (() => void) | undefined;
}

/** Walks a keyset-paged list to and fro; another `question` (the filters) starts at its front. */
export function usePaging(question: string): Paging {
  const [walk, setWalk] = useState<{ question: string; cursors: readonly string[] }>({
    question,
    cursors: [],
  });
  const cursors = walk.question === question ? walk.cursors : [];
  const go = (to: readonly string[]): void => {
    setWalk({ question, cursors: to });
    scrollTo({ top: 0 });
  };
  return {
    cursor: cursors.at(-1) ?? null,
    page: cursors.length + 1,
    back: cursors.length === 0 ? undefined : () => go(cursors.slice(0, -1)),
    forward: (next) => next === null ? undefined : () => go([...cursors, next]),
  };
}
