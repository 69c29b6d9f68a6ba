/** Rows of an import: NDJSON lines, or CSV (RFC 4180) with a header. */
import { PlatformError, toPlatformError } from "#schemas/errors.ts";
import type { ImportReport } from "#schemas/rest/shape.ts";
import { parseJson } from "./json_body.ts";

/** A row as it came: an object whose cells are JSON values or, from CSV, texts. */
export interface ImportRow {
  readonly line: number;
  readonly value: unknown;
}

/** A row that could not be read. */
export interface BadRow {
  readonly line: number;
  readonly detail: string;
}

export const importTypes = ["application/x-ndjson", "text/csv"] as const;

/** More errors than anybody reads; the count goes on. */
const ERRORS_MAX = 1_000;

/** True when `contentType` says CSV. */
export function isCsv(contentType: string | undefined): boolean {
  return /^text\/csv\b/i.test(contentType?.trim() ?? "");
}

export function* ndjsonRows(text: string): Generator<ImportRow | BadRow> {
  let line = 0;
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    const content = text.slice(start, end).trim();
    start = end + 1;
    line++;
    if (content === "") continue;
    yield readLine(line, content);
  }
}

function readLine(line: number, content: string): ImportRow | BadRow {
  try {
    return { line, value: parseJson(content, "the row") };
  } catch (thrown) {
    return { line, detail: toPlatformError(thrown).message };
  }
}

/**
 * Objects by the names of the header. Empty cells are left out; `a.b` makes no object: columns are
 * flat.
 *
 * @throws {PlatformError} "malformed" when there is no header.
 */
export function* csvRows(text: string): Generator<ImportRow | BadRow> {
  const records = csvRecords(text.replace(/^\uFEFF/, ""));
  const header = records.next();
  if (header.done === true) {
    throw new PlatformError("malformed", "Cannot import: the CSV has no header");
  }
  const names = header.value.cells.map((cell) => cell.trim());
  for (const { line, cells } of records) {
    if (cells.length === 1 && cells[0]?.trim() === "") continue;
    if (cells.length !== names.length) {
      yield { line, detail: `has ${cells.length} cells, the header ${names.length}` };
      continue;
    }
    const pairs = names.map((name, index) => [name, cells[index]?.trim() ?? ""] as const);
    yield { line, value: Object.fromEntries(pairs.filter(([, cell]) => cell !== "")) };
  }
}

interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

function* csvRecords(text: string): Generator<CsvRecord> {
  const cell = /("[^"]*(?:""[^"]*)*"|[^",\r\n][^,\r\n]*|)(,|\r?\n|\r|$)/y;
  let cells: string[] = [];
  let line = 1;
  let startedAt = 1;
  while (cell.lastIndex < text.length || cells.length > 0) {
    const match = cell.exec(text);
    // A quote that does not close, or text behind one that did: the rest of the line is one cell.
    if (match === null) {
      throw new PlatformError(
        "malformed",
        `Cannot import: the quotes of line ${line} do not match`,
      );
    }
    const [, content = "", end = ""] = match;
    const isQuoted = content.startsWith('"');
    cells.push(isQuoted ? content.slice(1, -1).replaceAll('""', '"') : content);
    line += isQuoted ? content.split("\n").length - 1 : 0;
    if (end === ",") continue;
    yield { line: startedAt, cells };
    cells = [];
    line++;
    startedAt = line;
  }
}

/** Counts what became of the rows. */
export class ImportTally {
  #created = 0;
  #updated = 0;
  #failed = 0;
  readonly #errors: BadRow[] = [];

  add(isNew: boolean): void {
    if (isNew) this.#created++;
    else this.#updated++;
  }

  fail(line: number, detail: string): void {
    this.#failed++;
    if (this.#errors.length < ERRORS_MAX) this.#errors.push({ line, detail });
  }

  get report(): ImportReport {
    const errors = this.#errors.map(({ line, detail }) => ({ line, detail }))
      .sort((a, b) => a.line - b.line);
    return { created: this.#created, updated: this.#updated, failed: this.#failed, errors };
  }
}

/** Runs `work` over items, at most `limit` at once, and waits for all. */
export async function eachAtMost<Item>(
  items: Iterable<Item>,
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
      // deno-lint-ignore no-await-in-loop -- a lane takes one item after the other
      await work(next.value);
    }
  };
  await Promise.all(Array.from({ length: limit }, lane));
}
