/** `deno task draw`: writes the drawing of each chart beside its machine. */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { diagramPage } from "#engine/diagram.ts";
import { kinds } from "#actors/kinds.ts";

for (const { kind, machine } of kinds) {
  const path = fileURLToPath(new URL(`../actors/${kind}/machine.md`, import.meta.url));
  writeFileSync(path, diagramPage(machine));
  process.stdout.write(`drawn: actors/${kind}/machine.md\n`);
}
