/** Answers of processes as text: tables for lists, names and values for the rest. */

type Fields = Readonly<Record<string, unknown>>;

/** Longer texts are cut in tables; `--json` has them whole. */
const CELL_MAX = 60;

/** Lines for people. The last one is the verdict. */
export function answerLines(operation: string, answer: unknown): readonly string[] {
  if (!isFields(answer)) return [JSON.stringify(answer), "done"];
  const lists = Object.entries(answer).filter(([, value]) => isList(value));
  const [list] = lists;
  if (list !== undefined && Object.keys(answer).length === 1) {
    const [name, entries] = list;
    if (!isList(entries)) return [];
    return [...tableOf(entries), verdictOf(entries.length, name)];
  }
  return [...fieldLines(answer), ...verdictLines(operation, answer)];
}

function verdictLines(operation: string, answer: Fields): readonly string[] {
  if (operation !== "replay") return ["done"];
  const isSame = answer["isSame"] === true;
  return [isSame ? "the replay gives the same" : "the replay differs"];
}

function verdictOf(count: number, name: string): string {
  return count === 0 ? `no ${name}` : `${count} ${count === 1 ? name.replace(/s$/, "") : name}`;
}

function fieldLines(fields: Fields, indent = ""): readonly string[] {
  return Object.entries(fields).flatMap(([name, value]) => {
    if (isList(value)) {
      return [`${indent}${name}`, ...tableOf(value).map((line) => `${indent}  ${line}`)];
    }
    if (isFields(value)) return [`${indent}${name}`, ...fieldLines(value, `${indent}  `)];
    const shown = typeof value === "string" ? value : JSON.stringify(value);
    return [`${indent}${name}  ${shown}`];
  });
}

function tableOf(entries: readonly Fields[]): readonly string[] {
  if (entries.length === 0) return ["(none)"];
  const names = [...new Set(entries.flatMap((entry) => Object.keys(entry)))];
  const rows = [names, ...entries.map((entry) => names.map((name) => cellOf(entry[name])))];
  const widths = names.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  ").trimEnd()
  );
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return "-";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const line = text.replaceAll("\n", " ");
  return line.length > CELL_MAX ? `${line.slice(0, CELL_MAX - 1)}…` : line;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isList(value: unknown): value is readonly Fields[] {
  return Array.isArray(value) && value.every(isFields);
}
