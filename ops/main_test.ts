/** `task ops` as it is typed, against two workers and a gateway as processes of their own. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import postgres, { type Sql } from "postgres";
import { WebSocket } from "ws";
import { open, type TestStation } from "#gateway/testing.ts";
import { type Cluster, joinCluster } from "#start/cluster.ts";
import { freePort } from "#start/free_port.ts";
import { actorsOf } from "#start/platform.ts";
import { type OwnNats, ownNats, type TestPostgres, testPostgres } from "#start/testing.ts";
import { runStart, type StartRun } from "#start/testing_start.ts";
import { waitUntil } from "#start/waiting.ts";

const role = fileURLToPath(new URL("../start/role.ts", import.meta.url));
const main = fileURLToPath(new URL("./main.ts", import.meta.url));
const opsKey = "the key of operations that tests use";
const charger = { tenant: "default", kind: "charger", key: "CP1" };

let database: TestPostgres;
let nats: OwnNats;
let sql: Sql;
let cluster: Cluster;
let station: TestStation;
const runs: StartRun[] = [];

interface Said {
  readonly code: number | string;
  readonly text: string;
}

async function ops(...words: readonly string[]): Promise<Said> {
  const run = runStart({ NATS_URL: nats.url, OPS_KEY: opsKey, NO_COLOR: "1" }, words, main);
  const code = await run.ended();
  return { code, text: run.output() };
}

/** The answer of a verb as JSON; it must have worked. */
async function answer<Answer>(...words: readonly string[]): Promise<Answer> {
  const { code, text } = await ops(...words, "--json", "--yes", "--as", "ada");
  assert.equal(code, 0, text);
  return JSON.parse(text);
}

async function start(name: string, environment: Record<string, string>): Promise<StartRun> {
  const run = runStart(
    {
      ...{ DATABASE_URL: database.url, NATS_URL: nats.url, HOST: "127.0.0.1", OPS_KEY: opsKey },
      ...{ AUTO_REGISTER_STATIONS: "1", METRICS_PORT: "0", LOG_FORMAT: "json", DRAIN_SECONDS: "0" },
      ...{ SERVER_KEY: "server-key-of-a-test-with-32-characters", LOG_LEVEL: "info" },
      ...environment,
    },
    [name],
    role,
  );
  runs.push(run);
  assert.ok(await run.says('"ready"'), run.output());
  return run;
}

before(async () => {
  [database, nats] = await Promise.all([testPostgres(), ownNats()]);
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
  const ocppPort = await freePort();
  await start("worker", { WORKER_NAME: "w1" });
  await start("worker", { WORKER_NAME: "w2" });
  await start("gateway", { OCPP_PORT: String(ocppPort) });
  const about = { process: "test", logLevel: "error", logFormat: "text" } as const;
  cluster = await joinCluster({ natsUrl: nats.url, ...about });
  station = await open(new WebSocket(`ws://127.0.0.1:${ocppPort}/ocpp/CP1`, ["ocpp1.6"]));
  // It does not boot: a new build would be asked for its settings, which changes its actor later.
  const status = { connectorId: 1, errorCode: "NoError", status: "Available" };
  await station.call("StatusNotification", status, "status-0");
});

after(async () => {
  station.socket.terminate();
  await Promise.all(runs.map((run) => run.stop()));
  await cluster.close();
  await sql.end({ timeout: 1 });
  await Promise.all([database.close(), nats.close()]);
});

interface View {
  readonly alerts: readonly string[];
  readonly shardsHeld: number;
  readonly sockets: number;
  readonly processes: readonly {
    readonly name: string;
    readonly status: { readonly id: string; readonly engine?: { readonly shards: number[] } };
  }[];
}

/** The cluster once nothing is wrong with it and the shards are where they shall be. */
async function settled(): Promise<View> {
  let view: View | undefined;
  let text = "";
  await waitUntil(async () => {
    ({ text } = await ops("--once", "--json"));
    view = JSON.parse(text);
    return view?.alerts.length === 0;
  }, { timeoutMs: 20_000 });
  assert.ok(view !== undefined && view.alerts.length === 0, text);
  return view;
}

async function holderOf(shard: number): Promise<string> {
  const { processes } = await settled();
  return processes.find(({ status }) => status.engine?.shards.includes(shard))?.name ?? "";
}

test("the table shows every process, shards and sockets, and its exit code the alerts", async () => {
  const view = await settled();

  assert.deepEqual([view.shardsHeld, view.sockets], [256, 1]);
  const { code, text } = await ops("--once");
  assert.equal(code, 0, text);
  assert.match(text, /2 workers · 1 gateway · 256 of 256 shards · 1 sockets/);
  assert.match(text, /\nw1 +worker +ready/);
  assert.match(text, /3 processes, all well\n$/);
});

interface Inspected {
  readonly worker: string;
  readonly shard: number;
  readonly isHere: boolean;
  readonly isInMemory: boolean;
  readonly snapshot: { readonly context: { readonly boot?: unknown } };
  readonly journal: readonly { readonly type: string }[];
}

test("an actor is inspected where it lives, replayed, evicted, and comes back as it was", async () => {
  const first = await answer<Inspected>("inspect", "charger/CP1");
  assert.deepEqual([first.isHere, first.isInMemory], [true, true]);
  assert.ok(first.journal.some(({ type }) => type === "socket.opened"));
  assert.equal(first.worker, await holderOf(first.shard));

  const { code, text } = await ops("replay", "charger/CP1");
  assert.equal(code, 0, text);
  assert.match(text, /the replay gives the same\n$/);

  assert.deepEqual(
    await answer("evict", "charger/CP1"),
    { actor: "default:charger/CP1", wasInMemory: true, actors: ["default:charger/CP1"] },
  );
  const evicted = await answer<Inspected>("inspect", "charger/CP1");
  assert.equal(evicted.isInMemory, false);
  assert.deepEqual(evicted.snapshot, first.snapshot);
  await station.call("Heartbeat", {}, "beat-1");
  assert.equal((await answer<Inspected>("inspect", "charger/CP1")).isInMemory, true);
});

test("a shard is moved to a worker, stays there, and goes back to the hash", async () => {
  const { shard } = await answer<Inspected>("inspect", "charger/CP1");
  const other = await holderOf(shard) === "w1" ? "w2" : "w1";

  await answer("move", String(shard), other);
  assert.ok(await waitUntil(async () => await holderOf(shard) === other, { timeoutMs: 20_000 }));
  await station.call("Heartbeat", {}, "beat-2");
  const { shards } = await answer<{ shards: { shard: number; pinnedTo: string }[] }>("shards");
  assert.deepEqual(shards.filter(({ pinnedTo }) => pinnedTo !== "").map((one) => one.shard), [
    shard,
  ]);

  await answer("unpin", String(shard));
  assert.ok(await waitUntil(async () => await holderOf(shard) !== other, { timeoutMs: 20_000 }));
  const { code, text } = await ops("move", "0", "nobody", "--yes");
  assert.deepEqual([code, text], [1, "Cannot pin to nobody: the workers are w1, w2\n"]);
});

test("dead letters are shown, sent again, and thrown away", async () => {
  const [kept, gone] = await sql<{ id: string }[]>`
    INSERT INTO dead_letters (tenant, actor, type, header, body, reason)
    SELECT 'default', 'default:charger/CP1', type, json_build_object('type', type, 'cause', 'x'),
        '{}', 'it was Friday'
      FROM unnest(ARRAY['station.describe', 'nonsense']) AS type RETURNING id`;

  const { letters } = await answer<{ letters: { id: number; reason: string }[] }>("dead");
  assert.deepEqual(letters.map(({ id }) => String(id)), [gone?.id, kept?.id]);
  const retried = await answer<{ answer: { id: string } }>("dead", "retry", kept?.id ?? "");
  assert.equal(retried.answer.id, "CP1");
  const refused = await ops("dead", "retry", gone?.id ?? "", "--yes");
  assert.deepEqual(refused, { code: 1, text: 'Cannot ask a charger: no "nonsense"\n' });
  await answer("dead", "discard", gone?.id ?? "");
  assert.deepEqual(await answer("dead"), { letters: [] });
});

/** A command that leaves and whose answer never comes. */
async function loseCommand(id: string, kind: string, body: object): Promise<void> {
  const actors = await actorsOf(cluster, database.url);
  const header = { type: "command.request", cause: id };
  const request = { id, kind, body, timeoutMs: 20_000, queueMs: 0 };
  await actors.ask(charger, header, JSON.stringify(request));
  await station.frameOf(id);
}

test("commands in doubt are listed, settled by an operator, and sent again where it does no harm", async () => {
  await loseCommand("c-reset", "reset", { type: "OnIdle" });
  const statusOf = async (id: string): Promise<unknown> => {
    const [row] = await sql`SELECT status FROM commands WHERE id = ${id}`;
    return row?.["status"];
  };
  const { url } = station.socket;
  station.socket.terminate();
  const isUnknown = async (): Promise<boolean> => await statusOf("c-reset") === "unknown";
  assert.ok(await waitUntil(isUnknown, { timeoutMs: 20_000 }), String(await statusOf("c-reset")));
  station = await open(new WebSocket(url, ["ocpp1.6"]));
  await loseCommand("c-trigger", "trigger", { message: "Heartbeat" });
  station.send([3, "c-trigger", { status: "Accepted" }]);
  const isDone = async (): Promise<boolean> => await statusOf("c-trigger") === "accepted";
  assert.ok(await waitUntil(isDone, { timeoutMs: 20_000 }));
  await sql`UPDATE commands SET status = 'unknown' WHERE id = 'c-trigger'`;

  const { commands } = await answer<{ commands: { id: string; mayBeRetried: boolean }[] }>(
    "commands",
  );
  assert.deepEqual(
    commands.map(({ id, mayBeRetried }) => [id, mayBeRetried]).sort(),
    [["c-reset", false], ["c-trigger", true]],
  );
  const again = await ops("commands", "retry", "c-reset", "--yes");
  assert.equal(again.code, 1);
  assert.match(again.text, /twice is not once/);
  assert.deepEqual(await answer("commands", "settle", "c-reset", "accepted"), {
    ...{ command: "c-reset", outcome: "accepted", by: "actor" },
  });
  assert.equal(await statusOf("c-reset"), "accepted");
  const sent = await answer<{ again: string }>("commands", "retry", "c-trigger");
  const [, , action] = await station.frameOf(sent.again);
  assert.equal(action, "TriggerMessage");
  assert.equal(await statusOf("c-trigger"), "failed");
});

test("a log level changes at once, in every process", async () => {
  const [worker] = runs;
  await answer("log", "all", "debug");
  assert.deepEqual(await answer("log", "w1", "info"), { level: "info", before: "debug" });
  assert.match(worker?.output() ?? "", /"operations were used".*"verb":"log-level"/);
});

test("a drained worker gives its shards away and stays idle", async () => {
  const { isDone } = await answer<{ isDone: boolean }>("drain", "w1");
  assert.equal(isDone, true);

  const { code, text } = await ops("--once", "--json");
  const view: View = JSON.parse(text);
  assert.equal(code, 1);
  // A test machine may be busy, which is an alert, too.
  const alerts = view.alerts.filter((alert) => !alert.includes("has too much to do"));
  assert.deepEqual(alerts, ["worker w1 is drained"]);
  const shards = view.processes.map(({ name, status }) => [name, status.engine?.shards.length]);
  assert.deepEqual(shards.slice(0, 2), [["w1", 0], ["w2", 256]]);
  await station.call("Heartbeat", {}, "beat-3");
});

test("every use was audited under the operator's name", async () => {
  const { uses } = await answer<{
    uses: { user: string; verb: string; outcome: string | null; connection: string }[];
  }>("audit");

  const verbs = new Set(uses.map(({ verb }) => verb));
  for (const verb of ["inspect", "evict", "pin", "dead-discard", "command-settle", "drain"]) {
    assert.ok(verbs.has(verb), `${verb} is not among ${[...verbs]}`);
  }
  assert.ok(uses.some(({ outcome }) => /nobody/.test(outcome ?? "")));
  const settled = uses.find(({ verb }) => verb === "command-settle");
  assert.deepEqual([settled?.user, settled?.outcome], ["ada", "done"]);
  assert.match(settled?.connection ?? "", /^statewatt ops on /);
});

test("a wrong key, or none, gets the table and nothing else", async () => {
  const wrong = { NATS_URL: nats.url, OPS_KEY: "x".repeat(32) };
  const asked = runStart(wrong, ["dead"], main);
  assert.equal(await asked.ended(), 1);
  assert.match(asked.output(), /its seal is wrong/);
  const looked = runStart(wrong, ["--once"], main);
  await looked.ended();
  assert.match(looked.output(), /2 workers/);
  const without = runStart({ NATS_URL: nats.url, OPS_KEY: "", DATA_DIR: "/none" }, ["dead"], main);
  assert.equal(await without.ended(), 1);
  assert.match(without.output(), /set OPS_KEY/);
});
