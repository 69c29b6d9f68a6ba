/** A page as the client wants it: JSON, CSV (RFC 4180) or NDJSON. */
import type { TSchema } from "#schemas/rest/shape.ts";

export type ListFormat = "json" | "csv" | "ndjson";

const mediaTypes = {
  "application/json": "json",
  "text/csv": "csv",
  "application/x-ndjson": "ndjson",
  "application/ndjson": "ndjson",
} as const satisfies Record<string, ListFormat>;

/** The first of `Accept` that we have; JSON for everything else. */
export function listFormat(accept: string | undefined): ListFormat {
  for (const part of (accept ?? "").split(",")) {
    const type = part.split(";")[0]?.trim().toLowerCase() ?? "";
    const known = Object.entries(mediaTypes).find(([name]) => name === type);
    if (known !== undefined) return known[1];
  }
  return "json";
}

export interface PlainPage {
  readonly items: readonly unknown[];
  readonly nextCursor: string | null;
}

/** The next page is named in `Link` (RFC 8288) because CSV and NDJSON have no place for it. */
export function listResponse(
  page: PlainPage,
  item: TSchema,
  format: ListFormat,
  url: URL,
): Response {
  const headers = new Headers({ vary: "accept" });
  if (page.nextCursor !== null) {
    const next = new URL(url);
    next.searchParams.set("cursor", page.nextCursor);
    headers.set("link", `<${next.pathname}${next.search}>; rel="next"`);
  }
  switch (format) {
    case "json":
      headers.set("content-type", "application/json");
      return new Response(JSON.stringify(page), { headers });
    case "ndjson":
      headers.set("content-type", "application/x-ndjson");
      return new Response(page.items.map((entry) => `${JSON.stringify(entry)}\n`).join(""), {
        headers,
      });
    case "csv":
      headers.set("content-type", "text/csv; charset=utf-8; header=present");
      return new Response(csvText(page.items, columnsOf(item)), { headers });
  }
}

/** Columns by the shape and not by the rows, so that they are the same for every page. */
function columnsOf(shape: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  const properties = isObject(shape) ? objectOf(shape)["properties"] : undefined;
  if (!isObject(properties)) return [path];
  return Object.entries(properties).flatMap(([name, member]) => columnsOf(member, [...path, name]));
}

/** The object inside of "object or null". */
function objectOf(shape: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const branches = Array.isArray(shape["anyOf"]) ? shape["anyOf"] : [];
  return branches.filter(isObject).find((branch) => isObject(branch["properties"])) ?? shape;
}

function csvText(items: readonly unknown[], columns: readonly (readonly string[])[]): string {
  const lines = [columns.map((path) => cell(path.join(".")))];
  for (const item of items) lines.push(columns.map((path) => cell(at(item, path))));
  return lines.map((cells) => `${cells.join(",")}\r\n`).join("");
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce((found, name) => isObject(found) ? found[name] : undefined, value);
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return "";
  const isPlainList = Array.isArray(value) && value.every((entry) => typeof entry === "string");
  const text = isPlainList
    ? value.join(";")
    : typeof value === "object"
    ? JSON.stringify(value)
    : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
