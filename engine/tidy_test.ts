/** The rules of the project's style that a machine can hold. A breach names what to do instead. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { functionsOf, importsOf, type SourceFile, sourceFiles } from "./source_tree.ts";

const files = sourceFiles([
  "schemas",
  "engine",
  "actors",
  "gateway",
  "api",
  "start",
  "loadtest",
  "deploy",
  "ops",
  "web",
]);
const isTest = (path: string): boolean =>
  /_test\.tsx?$|_contract\.ts$|(^|\/|_)testing(_\w+)?\.ts$/.test(path);
const inside = (path: string, folder: string): boolean => path.startsWith(`${folder}/`);
const isMain = (path: string): boolean => /(^|\/)main\.tsx?$/.test(path);
/** Composition roots: the only places that may import everything. */
const composes = (path: string): boolean =>
  isMain(path) || isTest(path) ||
  ["loadtest", "start", "deploy"].some((folder) => inside(path, folder));

/** Folder → what it may import of ours (prefix of the path after `#`). */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  schemas: ["schemas/"],
  engine: ["engine/", "schemas/errors.ts", "schemas/address.ts"],
  "actors/domain": ["actors/domain/", "schemas/"],
  actors: ["actors/", "engine/", "schemas/"],
  gateway: ["gateway/", "engine/", "schemas/"],
  api: ["api/", "engine/", "schemas/", "actors/domain/"],
  ops: ["ops/", "engine/", "schemas/"],
  web: ["schemas/"],
};

function breaches(find: (file: SourceFile) => readonly string[]): readonly string[] {
  return files.flatMap((file) => find(file).map((breach) => `${file.path}${breach}`));
}

test("each folder imports only what it may", () => {
  const found = breaches((file) => {
    if (composes(file.path)) return [];
    const folder = Object.keys(mayImport).find((name) => inside(file.path, name));
    const allowed = mayImport[folder ?? ""] ?? [];
    return importsOf(file).filter((name) => name.startsWith("#"))
      .filter((name) => !allowed.some((prefix) => name.slice(1).startsWith(prefix)))
      .map((name) => ` imports ${name}`);
  });
  assert.deepEqual(found, []);
});

test("an actor kind imports no other kind: it sends to its address", () => {
  const kinds = ["charger", "reservation", "session", "token"];
  const found = breaches((file) => {
    if (isTest(file.path)) return [];
    const own = kinds.find((kind) => inside(file.path, `actors/${kind}`));
    if (own === undefined) return [];
    return importsOf(file).filter((name) =>
      kinds.some((kind) => kind !== own && name.startsWith(`#actors/${kind}/`))
    ).map((name) => ` imports ${name}`);
  });
  assert.deepEqual(found, []);
});

test("libraries of the outside world stay behind their adapters", () => {
  const homes: readonly (readonly [RegExp, RegExp])[] = [
    [/^postgres$/, /\/adapters\/|^api\/queries\/|^(start|loadtest|deploy)\//],
    [/^@nats-io\//, /\/adapters\/|^start\//],
    [/^hono/, /^api\//],
    [/^ws$/, /^gateway\/|^loadtest\//],
    [/^xstate$/, /^engine\/|^actors\/\w+\/(machine|[a-z_]*states)\.ts$/],
  ];
  const found = breaches((file) =>
    isTest(file.path) || isMain(file.path)
      ? []
      : importsOf(file).filter((name) =>
        homes.some(([library, home]) => library.test(name) && !home.test(file.path))
      ).map((name) => ` imports ${name}`)
  );
  assert.deepEqual(found, []);
});

test("time and chance come from the ports Clock and Random", () => {
  const banned =
    /\bDate\.now\(|new Date\(\)|Math\.random\(|\bsetTimeout\(|\bsetInterval\(|randomUUID\(/;
  const found = breaches((file) => {
    const isFree = composes(file.path) || inside(file.path, "web") ||
      inside(file.path, "engine/adapters");
    if (isFree) return [];
    return file.lines.flatMap((line, index) =>
      banned.test(line) ? [`:${index + 1} ${line.trim()}`] : []
    );
  });
  assert.deepEqual(found, []);
});

test("no file over 400 lines, no line over 100 columns", () => {
  const found = breaches((file) => [
    ...(file.lines.length > 401 ? [` has ${file.lines.length} lines`] : []),
    ...file.lines.flatMap((line, index) =>
      line.length > 100 && !/https?:\/\/|^import |"[^"]{60,}"|`[^`]{60,}`|\/.{60,}\//.test(line)
        ? [`:${index + 1} has ${line.length} columns`]
        : []
    ),
  ]);
  assert.deepEqual(found, []);
});

test("no function over 70 lines", () => {
  const found = breaches((file) =>
    isTest(file.path) ? [] : functionsOf(file).filter(({ length }) => length > 70)
      .map(({ name, line, length }) => `:${line} ${name} has ${length} lines`)
  );
  assert.deepEqual(found, []);
});

test("files are snake_case and named for what they hold", () => {
  const vague =
    /(^|_)(utils?|helpers?|common|misc|manager|service|handler|processor|data|info|impl|base)\.tsx?$/;
  const found = files.map(({ path }) => path).filter((path) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    return vague.test(name) || !/^[a-z0-9_]+\.tsx?$/.test(name);
  });
  assert.deepEqual(found, []);
});

test("nothing is unfinished, hidden from the compiler or written to the console", () => {
  const marks = new RegExp(
    ["TO" + "DO", "FIX" + "ME", "XX" + "X\\b", "@ts-" + "ignore", "@ts-" + "nocheck"].join("|"),
  );
  const found = breaches((file) =>
    file.lines.flatMap((line, index) => {
      const writes = /\bconsole\.\w+\(/.test(line) && !inside(file.path, "web") &&
        !["loadtest", "start", "deploy"].some((folder) => inside(file.path, folder));
      return marks.test(line) || writes ? [`:${index + 1} ${line.trim()}`] : [];
    })
  );
  assert.deepEqual(found, []);
});

test("across folders imports go by #folder, never by ../..", () => {
  const found = breaches((file) =>
    importsOf(file).filter((name) => name.startsWith("../../") && !inside(file.path, "web"))
      .map((name) => ` imports ${name}`)
  );
  assert.deepEqual(found, []);
});
