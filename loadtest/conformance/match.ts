import { AssertionError } from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";

/**
 * Whether `actual` is like `expected`: of an object the named fields, of an array every element, a
 * text by a RegExp, anything by a predicate, and all else strictly equal. Undefined = absent.
 * @throws {AssertionError} naming the first place that differs.
 */
export function requireMatch(what: string, actual: unknown, expected: unknown): void {
  const difference = differenceOf(actual, expected, "");
  if (difference === undefined) return;
  throw new AssertionError({ message: `${what}: ${difference}`, actual, expected });
}

function differenceOf(actual: unknown, expected: unknown, place: string): string | undefined {
  const told = (): string =>
    `${place === "" ? "it" : place} is ${shown(actual)}, not ${shown(expected)}`;
  if (expected instanceof RegExp) {
    return typeof actual === "string" && expected.test(actual) ? undefined : told();
  }
  if (typeof expected === "function") return expected(actual) ? undefined : told();
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return told();
    return firstOf(expected.map((each, index) => [`${place}/${index}`, actual[index], each]));
  }
  if (typeof expected === "object" && expected !== null) {
    if (typeof actual !== "object" || actual === null) return told();
    const fields = new Map<string, unknown>(Object.entries(actual));
    return firstOf(
      Object.entries(expected).map(([key, each]) => [`${place}/${key}`, fields.get(key), each]),
    );
  }
  return isDeepStrictEqual(actual, expected) ? undefined : told();
}

function firstOf(pairs: readonly (readonly [string, unknown, unknown])[]): string | undefined {
  for (const [place, actual, expected] of pairs) {
    const difference = differenceOf(actual, expected, place);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function shown(value: unknown): string {
  if (value instanceof RegExp || typeof value === "function") return String(value).slice(0, 200);
  return (JSON.stringify(value) ?? "absent").slice(0, 500);
}
