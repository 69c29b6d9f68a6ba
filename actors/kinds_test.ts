import assert from "node:assert/strict";
import { test } from "node:test";
import { diagramPage } from "#engine/diagram.ts";
import { sourceText } from "#engine/source_tree.ts";
import { kinds } from "./kinds.ts";

for (const { kind, machine } of kinds) {
  test(`the drawing of the ${kind} is that of its machine; \`deno task draw\` makes it so`, () => {
    assert.equal(sourceText(`actors/${kind}/machine.md`), diagramPage(machine));
  });
}
