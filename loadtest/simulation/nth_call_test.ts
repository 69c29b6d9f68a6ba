/** Not by chance: every single call to a server fails once, and every call is once the last one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { calmPlan, type Plan } from "./plan.ts";
import type { CallFault } from "./process_link.ts";
import { breachOf, runSeed } from "./seeded_run.ts";
import type { Sabotage } from "./sabotage.ts";
import type { SimProcess } from "./sim_process.ts";

const STEPS = 250;
const plan: Plan = { ...calmPlan(3), stations: 2, workers: 2, gateways: 1, paceMs: 300 };

/** Counts the calls of all processes to Postgres and the leases, and lets one of them fail. */
function failing(n: number, fault: CallFault): Sabotage & { readonly calls: () => number } {
  let calls = 0;
  return { decide: () => ++calls === n ? fault : undefined, calls: () => calls };
}

/** Counts the calls by which processes of a role leave themselves, and kills one at its n-th. */
function dying(role: "w" | "g", n: number): Sabotage & { readonly processes: SimProcess[] } {
  const processes: SimProcess[] = [];
  return {
    processes,
    process: (process) => {
      if (!process.name.startsWith(`${role}1/`)) return;
      processes.push(process);
      if (processes.length === 1) process.killAtCall(n);
    },
  };
}

for (const fault of ["refused", "lostBefore", "lostAfter", "late"] as const) {
  test(`a call to a server that is ${fault}: all holds whichever call it is`, async () => {
    const counting = failing(0, "none");
    await runSeed({ seed: 3, steps: STEPS, plan, sabotage: counting });
    const calls = counting.calls();
    assert.ok(calls > 50, `${calls} calls`);

    for (let n = 1; n <= calls; n++) {
      const sabotage = failing(n, fault);
      // deno-lint-ignore no-await-in-loop -- one world after the other
      const breach = await breachOf({ seed: 3, steps: STEPS, plan, sabotage });
      assert.equal(breach, undefined, `call ${n}: ${breach?.message}`);
    }
  });
}

for (const [role, name] of [["w", "worker"], ["g", "gateway"]] as const) {
  test(`a ${name} that dies at a call: all holds whichever call it is`, async () => {
    let hasDied = true;
    let n = 0;
    while (hasDied) {
      const sabotage = dying(role, n++);
      // deno-lint-ignore no-await-in-loop -- one world after the other
      const breach = await breachOf({ seed: 3, steps: STEPS, plan, sabotage });
      assert.equal(breach, undefined, `call ${n}: ${breach?.message}`);
      hasDied = sabotage.processes[0]?.isDead === true;
    }
    assert.ok(n > 20, `${n} calls`);
  });
}
