import assert from "node:assert/strict";
import { test } from "node:test";
import type { SeenProcess } from "#engine/adapters/nats_operations.ts";
import type { EngineStatus, ProcessStatus } from "#engine/ports/operations.ts";
import { answerLines } from "./answers.ts";
import { clusterView, type Looked } from "./cluster_view.ts";
import { tableLines } from "./table.ts";
import { targetsOf } from "./targets.ts";
import { verbs } from "./verbs.ts";

const engine: EngineStatus = {
  ...{ shardCount: 4, shards: [], isSettled: true, partitions: 0, queued: 0, queuedMax: 0 },
  ...{ commitP99Ms: 3, commitsRefused: 0, withheld: 0, moved: {}, outboxWaiting: 0 },
  ...{ outboxOldestSeconds: 0, relayLagP99Ms: 8, slow: [], crowded: [] },
};

function seen(status: Partial<ProcessStatus>, version = "0.1.0+a"): SeenProcess {
  const id = status.id ?? "x";
  return {
    ...{ service: `statewatt-${status.role}`, serviceId: "s", version, startedAt: "" },
    status: {
      ...{ role: "worker", id, pid: 1, host: "h", upSeconds: 90, residentBytes: 2e8, missing: [] },
      ...{ isDrained: false, isNatsConnected: true, answered: 1_000, errors: 2 },
      postgres: { isReachable: true, roundTripMs: 1.2, clockOffMs: 0 },
      ...{ p50Ms: 2, p99Ms: 12, loopLagP99Ms: 1 },
      ...status,
    },
  };
}

const worker = (id: string, shards: readonly number[], more: Partial<EngineStatus> = {}) =>
  seen({ role: "worker", id: `id-${id}`, worker: id, engine: { ...engine, shards, ...more } });
const gateway = seen({ role: "gateway", id: "g1", gateway: { sockets: 1_200, withheld: 0 } });

const well: Looked = {
  at: Date.UTC(2026, 10, 22, 12),
  members: [
    { kind: "worker", id: "w1", incarnation: "id-w1" },
    { kind: "gateway", id: "g1", incarnation: "g1" },
  ],
  processes: [gateway, worker("w1", [0, 1]), worker("w2", [2, 3])],
};

test("a cluster that is well has a line for each process and no alert", () => {
  const lines = tableLines(clusterView(well));

  assert.equal(
    lines[0],
    "2026-11-22T12:00:00.000Z  2 workers · 1 gateway · 4 of 4 shards · 1,200 sockets",
  );
  const [head = "", first = "", , third = ""] = lines.slice(2);
  assert.match(head, /^PROCESS +ROLE +STATE +SHARDS +SOCKETS +ANSWERED +\/S/);
  assert.match(first, /^w1 +worker +ready +2 +- +1,000 +- +2 +2\.0 +12 +0 +3\.0 +8\.0/);
  assert.match(third, /^g1 +gateway +ready +- +1,200/);
  assert.equal(lines.at(-1), "3 processes, all well");
});

test("rates are those since the look before", () => {
  const before = clusterView(well);
  const again = { ...well, at: well.at + 2_000, processes: [worker("w1", [0, 1, 2, 3]), gateway] };
  const [first] = again.processes;
  assert.ok(first !== undefined);
  const busier = { ...first, status: { ...first.status, answered: 1_500 } };

  const view = clusterView({ ...again, processes: [busier, gateway] }, before);

  assert.deepEqual(view.processes.map(({ answeredPerSecond }) => answeredPerSecond), [250, 0]);
});

test("whatever is wrong is an alert", () => {
  const looked: Looked = {
    ...well,
    members: [...well.members, { kind: "worker", id: "w9", incarnation: "i9" }],
    processes: [
      worker("w1", [0, 1], { queued: 2_000, queuedMax: 200, relayLagP99Ms: 9_000 }),
      worker("w2", [1], { outboxOldestSeconds: 90 }),
      seen({
        ...{ role: "api", id: "a1", missing: ["postgres", "drained"], isDrained: true },
        ...{ p99Ms: 2_000, loopLagP99Ms: 400 },
        postgres: { isReachable: false, roundTripMs: null, clockOffMs: -700 },
      }, "0.2.0"),
    ],
  };

  assert.deepEqual(clusterView(looked).alerts, [
    "there is no gateway: no station can connect",
    "gateway g1 is a member and does not answer",
    "worker w9 is a member and does not answer",
    "nobody holds shards 2, 3",
    "shard 1 is held by w1 and w2",
    "worker w1 tells facts 9000 ms late",
    "worker w1 has 2000 messages waiting",
    "worker w1 has a mailbox with 200 messages",
    "worker w2 has tells that wait for 90 s",
    "api a1 is drained",
    "api a1 is not ready: postgres",
    "api a1 has a clock -700 ms off Postgres'",
    "api a1 answers slowly: p99 2000 ms",
    "api a1 has too much to do: its timers ring 400 ms late",
    "versions run side by side: 0.1.0+a, 0.2.0",
  ]);
});

test("nothing at all is two alerts and no crash", () => {
  const lines = tableLines(clusterView({ at: 0, members: [], processes: [] }));

  assert.equal(lines.at(-1), "0 processes, 2 alerts");
});

test("an actor's owner is asked, a name finds its process, a beginning must be one's alone", () => {
  const verb = (name: string) => verbs.find((one) => one.name === name) ?? assert.fail(name);
  const ask = (name: string, args: Record<string, string>): readonly string[] =>
    targetsOf(verb(name), args, well.processes);

  const owner = (key: string): string => ask("evict", { actor: `default:charger/${key}` })[0] ?? "";
  const owners = new Set(["A", "B", "C", "D", "E", "F"].map(owner));
  assert.deepEqual([...owners].sort(), ["id-w1", "id-w2"]);
  assert.equal(owner("A"), ask("inspect", { actor: "default:session/A~7" })[0]);
  assert.deepEqual(ask("drain", { process: "w2" }), ["id-w2"]);
  assert.deepEqual(ask("drain", { process: "g" }), ["g1"]);
  assert.equal(ask("log", { process: "all" }).length, 3);
  assert.throws(() => ask("drain", { process: "id-" }), /several begin so/);
  assert.throws(() => ask("drain", { process: "" }), /Cannot find the process/);
  assert.throws(() => targetsOf(verb("dead"), {}, [gateway]), /none answers/);
});

test("answers are tables with a count, or names and values", () => {
  assert.deepEqual(answerLines("dead-list", { letters: [{ id: 7, reason: "a\nb" }] }), [
    "id  reason",
    "7   a b",
    "1 letter",
  ]);
  assert.deepEqual(answerLines("dead-list", { letters: [] }), ["(none)", "no letters"]);
  assert.deepEqual(answerLines("inspect", { actor: "x", mailbox: { queued: 1 }, journal: [] }), [
    "actor  x",
    "mailbox",
    "  queued  1",
    "journal",
    "  (none)",
    "done",
  ]);
  assert.equal(answerLines("replay", { isSame: false }).at(-1), "the replay differs");
});
