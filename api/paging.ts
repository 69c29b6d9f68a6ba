/** Keyset paging: a cursor names the last row that was shown, so that new rows shift nothing. */
import { Buffer } from "node:buffer";
import { PlatformError } from "#schemas/errors.ts";
import type { ListQuery } from "#schemas/rest/shape.ts";
import type { Conditions } from "./conditions.ts";
import type { Rows } from "./ports/rows.ts";
import type { Page } from "./reply.ts";

/**
 * Where a list reads from, and the two columns that order it: one by value, one that makes it
 * unique.
 */
export interface Listing {
  readonly select: string;
  readonly from: string;
  readonly where: Conditions;
  readonly order: readonly [Column, Column];
}

export interface Column {
  readonly name: string;
  /** SQL type of the text in a cursor. */
  readonly type: "timestamptz" | "text" | "bigint";
}

interface Keys {
  readonly pageFirst: string;
  readonly pageSecond: string;
}

/** One page of rows; `toItem` gives their REST form. */
export async function pageOf<Row extends object, Item>(
  rows: Rows,
  query: Pick<ListQuery, "limit" | "order" | "cursor">,
  listing: Listing,
  toItem: (row: Row) => Item,
): Promise<Page<Item>> {
  const [first, second] = listing.order;
  const direction = query.order === "asc" ? "ASC" : "DESC";
  if (query.cursor !== undefined) {
    const [firstKey, secondKey] = textsOfCursor(query.cursor, 2);
    listing.where.add(
      `(${first.name}, ${second.name}) ${query.order === "asc" ? ">" : "<"} ` +
        `(?::text::${first.type}, ?::text::${second.type})`,
      firstKey ?? "",
      secondKey ?? "",
    );
  }
  const found = await rows.all<Row & Keys>(
    `SELECT ${listing.select}, ${first.name}::text AS page_first,
        ${second.name}::text AS page_second
      FROM ${listing.from} WHERE ${listing.where.text}
      ORDER BY ${first.name} ${direction}, ${second.name} ${direction}
      LIMIT ${listing.where.value(query.limit + 1)}`,
    listing.where.values,
  );
  const shown = found.slice(0, query.limit);
  const last = shown.at(-1);
  const nextCursor = found.length > query.limit && last !== undefined
    ? cursorOf([last.pageFirst, last.pageSecond])
    : null;
  return { items: shown.map(toItem), nextCursor };
}

export function cursorOf(keys: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(keys)).toString("base64url");
}

/** @throws {PlatformError} "malformed" when it is no cursor of ours with `count` keys. */
export function textsOfCursor(cursor: string, count: number): readonly string[] {
  try {
    const keys: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (Array.isArray(keys) && keys.length === count) return keys.map(String);
  } catch {
    // Falls through to the same refusal.
  }
  throw new PlatformError("malformed", "Cannot read the cursor: it is not one of this list", {
    fields: [{ pointer: "/cursor", detail: "must be the nextCursor of a page of this list" }],
  });
}
