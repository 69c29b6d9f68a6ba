import assert from "node:assert/strict";
import { test } from "node:test";
import { requireMatch } from "./match.ts";

const actual = { a: 1, b: { c: "text", d: [1, 2] }, e: null };

test("requireMatch() looks at the named fields only", () => {
  for (
    const expected of [
      {},
      { a: 1 },
      { b: { c: /^te/ } },
      { b: { d: [1, 2] } },
      { b: { d: (list: unknown) => Array.isArray(list) } },
      { e: null, absent: undefined },
    ]
  ) {
    requireMatch("it", actual, expected);
  }
});

test("requireMatch() names the place that differs", () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{ a: 2 }, /^it: \/a is 1, not 2$/],
    [{ a: "1" }, /\/a is 1/],
    [{ b: { c: /^x/ } }, /\/b\/c is "text"/],
    [{ b: { d: [1] } }, /\/b\/d is \[1,2\]/],
    [{ b: { d: [1, 3] } }, /\/b\/d\/1 is 2, not 3/],
    [{ b: { d: () => false } }, /\/b\/d is/],
    [{ e: undefined }, /\/e is null/],
    [{ f: 1 }, /\/f is absent/],
    [{ e: { g: 1 } }, /\/e is null/],
  ];

  for (const [expected, message] of cases) {
    assert.throws(() => requireMatch("it", actual, expected), { message });
  }
});
