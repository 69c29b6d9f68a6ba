import type { ReactElement, ReactNode } from "react";
import { type Query, useQuery } from "../live.tsx";
import type { List } from "../shapes.ts";
import { Card, Pager, ProblemNote } from "./page.tsx";
import { type Paging, usePaging } from "./paging.ts";

export interface PagedList<Item> {
  readonly query: Query<List<Item>>;
  readonly paging: Paging;
  readonly items: readonly Item[] | undefined;
}

/** One page of a REST list; `question` is its path with the filters. */
export function usePagedList<Item>(question: string): PagedList<Item> {
  const paging = usePaging(question);
  const query = useQuery<List<Item>>(
    paging.cursor === null ? question : `${question}&cursor=${encodeURIComponent(paging.cursor)}`,
  );
  return { query, paging, items: query.value?.items };
}

interface ListCardProps<Item> {
  readonly list: PagedList<Item>;
  /** What the items are called: `sessions`. */
  readonly word: string;
  readonly filters?: ReactNode;
  /** Shown in place of `children` when there is nothing. */
  readonly empty: ReactNode;
  readonly children: ReactNode;
}

/** A card with filters, what went wrong, the items or why there are none, and the way to older ones. */
export function ListCard<Item>(props: ListCardProps<Item>): ReactElement {
  const { list: { query, paging, items }, word, filters, empty, children } = props;
  return (
    <Card flush>
      {filters === undefined ? null : <div className="filters" role="search">{filters}</div>}
      {query.error === undefined ? null : (
        <div className="card-body">
          <ProblemNote error={query.error} onRetry={query.reload} />
        </div>
      )}
      {items?.length === 0 ? empty : children}
      <Pager
        shown={items?.length ?? 0}
        word={word}
        page={paging.page}
        onBack={paging.back}
        onForward={paging.forward(query.value?.nextCursor ?? null)}
      />
    </Card>
  );
}
