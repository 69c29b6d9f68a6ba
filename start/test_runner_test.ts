import assert from "node:assert/strict";
import { test } from "node:test";
import { filesAtWork, runRunner } from "./test_runner.ts";

const list = `
   10    10 npm exec node --test --no-warnings a_test.ts b_test.ts
   11    10 node --test --no-warnings a_test.ts b_test.ts
   12    10 /usr/bin/node --test-timeout=0 --no-warnings engine/b_test.ts
   13    77 /usr/bin/node --test-timeout=0 other/c_test.ts
   14    10 sleep 600
`;

test("filesAtWork() finds the processes of test files, not the runner, not others", () => {
  assert.deepEqual([...filesAtWork(list, 10)], [[12, "engine/b_test.ts"]]);
});

test("runRunner() passes on what the runner writes and how it ended", async () => {
  const written: string[] = [];
  const limits = { cwd: ".", env: {}, silenceMs: 60_000, timeoutMs: 60_000 };
  const write = (text: string): void => void written.push(text);

  const well = await runRunner({ ...limits, write, program: ["/bin/sh", "-c", "echo fine"] });
  const badly = await runRunner({ ...limits, write, program: ["/bin/sh", "-c", "exit 3"] });

  assert.deepEqual([well, badly], [true, false]);
  assert.deepEqual(written, ["fine\n"]);
});

test("runRunner() ends a runner that takes too long", async () => {
  const written: string[] = [];

  const isWell = await runRunner({
    cwd: ".",
    env: {},
    silenceMs: 60_000,
    timeoutMs: 50,
    write: (text) => void written.push(text),
    program: ["/bin/sh", "-c", "sleep 600"],
  });

  assert.equal(isWell, false);
  assert.deepEqual(written, ["The tests are ended: they take too long\n"]);
});
