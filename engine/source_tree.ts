/** The project's own sources as text, for the tests that hold its style. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export interface SourceFile {
  /** From the project's root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

const root = fileURLToPath(new URL("..", import.meta.url));
const skipped = new Set(["node_modules", "dist", ".git", ".data"]);

/** All TypeScript files of these top-level folders. */
export function sourceFiles(folders: readonly string[]): readonly SourceFile[] {
  return folders.flatMap((folder) => [...walk(join(root, folder))]).map((path) => {
    const text = readFileSync(path, "utf8");
    return { path: relative(root, path).split(sep).join("/"), text, lines: text.split("\n") };
  });
}

/** Text of one file by its path from the root. */
export function sourceText(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

function* walk(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (skipped.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (/\.tsx?$/.test(entry.name) && !entry.name.endsWith(".d.ts")) yield path;
  }
}

/** What a file imports, as written. */
export function importsOf(file: SourceFile): readonly string[] {
  const form = /(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+"([^"]+)"|import\("([^"]+)"\)/g;
  return [...file.text.matchAll(form)].map(([, plain, dynamic]) => plain ?? dynamic ?? "");
}

export interface FunctionSpan {
  readonly name: string;
  readonly line: number;
  readonly length: number;
}

/** Functions and methods by the indentation that the formatter gives them. */
export function functionsOf(file: SourceFile): readonly FunctionSpan[] {
  const starts =
    /^(\s*)(?:export )?(?:default )?(?:async )?(?:function\*? (\w+)|(?:static |get |set |override )*(?:async )?\*?(#?\w+)(?:<[^>]*>)?\()/;
  const keywords = new Set(["if", "for", "while", "switch", "catch", "return", "await", "throw"]);
  return file.lines.flatMap((text, index) => {
    const match = starts.exec(text);
    const name = match?.[2] ?? match?.[3];
    if (match === null || name === undefined || keywords.has(name)) return [];
    if (match[3] !== undefined && match[1] === "") return [];
    // A call or a method's signature has no body.
    if (text.endsWith(";")) return [];
    const length = bodyEnd(file.lines, index, match[1] ?? "") - index + 1;
    return length > 0 ? [{ name, line: index + 1, length }] : [];
  });
}

/** Index of the line that closes the body; before `start` when what starts there is only a call. */
function bodyEnd(lines: readonly string[], start: number, indent: string): number {
  if (/[^{(,<]$/.test(lines[start] ?? "")) return -1;
  for (let index = start + 1; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (!line.startsWith(indent) || /^\s/.test(line.slice(indent.length)) || line === indent) {
      continue;
    }
    const text = line.slice(indent.length);
    if (text === "}") return index;
    if (!/^[)}>\]].*[{(]$/.test(text)) return -1;
  }
  return -1;
}
