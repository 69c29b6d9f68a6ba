/** Every snapshot ever stored can be read: recordings are added, never changed. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { restoredState, storedState } from "#engine/step.ts";
import { kinds, snapshotBytesMax } from "./stage_testing.ts";

/** What a snapshot has typically (design section 4). */
const typicalBytes = 2 * 1_024;

for (const kind of kinds.values()) {
  const folder = new URL(`./${kind.kind}/testdata/`, import.meta.url);
  for (const file of readdirSync(folder)) {
    test(`${kind.kind}: the recording ${file} is read and stored again as it was`, () => {
      const text = readFileSync(new URL(file, folder), "utf8");
      const { version, ...body } = JSON.parse(text) as { version: number; lastAt: number };
      const { state, lastAt } = restoredState(kind, version, JSON.stringify(body));

      assert.equal(lastAt, body.lastAt);
      const again = storedState(kind, state, lastAt);
      if (version === kind.snapshot.version) assert.deepEqual(JSON.parse(again), body);
      assert.ok(again.length <= typicalBytes, `${again.length} bytes`);
      assert.ok(snapshotBytesMax > again.length);
    });
  }
}
