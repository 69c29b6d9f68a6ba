import type { KeyboardEventHandler, ReactElement } from "react";
import { SkeletonRows } from "./page.tsx";

export interface Head {
  readonly word: string;
  readonly isNumber?: boolean;
  /** Only for screen readers: a column of buttons speaks for itself. */
  readonly isHidden?: boolean;
}

interface DataTableProps<Item> {
  readonly heads: readonly (Head | string)[];
  /** Undefined while they are on their way. */
  readonly items: readonly Item[] | undefined;
  readonly onKeyDown?: KeyboardEventHandler<HTMLElement>;
  /** The row of one item: a `tr` with a key. */
  readonly children: (item: Item) => ReactElement;
}

/** A table on a desk; on a phone each row becomes a card. */
export function DataTable<Item>(props: DataTableProps<Item>): ReactElement {
  const { heads, items, onKeyDown, children } = props;
  return (
    <div className="table-scroll">
      <table className="table table-cards">
        <thead>
          <tr>{heads.map(headCell)}</tr>
        </thead>
        <tbody onKeyDown={onKeyDown}>
          {items === undefined ? <SkeletonRows columns={heads.length} /> : items.map(children)}
        </tbody>
      </table>
    </div>
  );
}

function headCell(head: Head | string): ReactElement {
  const { word, isNumber = false, isHidden = false } = typeof head === "string"
    ? { word: head }
    : head;
  return (
    <th key={word} scope="col" className={isNumber ? "number" : undefined}>
      {isHidden ? <span className="sr-only">{word}</span> : word}
    </th>
  );
}
