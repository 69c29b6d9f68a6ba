import assert from "node:assert/strict";
import { test } from "node:test";
import { PlatformError } from "#schemas/errors.ts";
import { testNats } from "#start/testing.ts";
import type { AuditEntry, OperationAudit, Operations, ProcessStatus } from "../ports/operations.ts";
import { silentTelemetry, type Telemetry } from "../telemetry.ts";
import { connectNats, type NatsLink } from "./nats_connection.ts";
import { Operator } from "./nats_operations.ts";
import { operationSubject, serveOperations, type ServiceParts } from "./nats_services.ts";
import { systemClock } from "./system_clock.ts";
import { systemRandom } from "./system_random.ts";

const key = "a key of operations that tests use";
const clock = systemClock();
const random = systemRandom();

interface Audited {
  readonly verb: string;
  readonly user: string;
  outcome: string | undefined;
}

/** Keeps what it is told, and fails on demand. */
class AuditList implements OperationAudit {
  readonly entries = new Map<string, Audited>();
  isAway = false;

  asked({ nonce, verb, user }: { nonce: string; verb: string; user: string }): Promise<void> {
    if (this.isAway) return Promise.reject(new Error("Postgres is away"));
    this.entries.set(nonce, { verb, user, outcome: undefined });
    return Promise.resolve();
  }

  ended(nonce: string, outcome: string): Promise<void> {
    const entry = this.entries.get(nonce);
    if (entry !== undefined) entry.outcome = outcome;
    return Promise.resolve();
  }

  list(): Promise<readonly AuditEntry[]> {
    return Promise.resolve([]);
  }
}

interface Stage {
  readonly id: string;
  readonly link: NatsLink;
  readonly audit: AuditList;
  readonly telemetry: Telemetry;
  readonly looks: () => number;
  operator(key?: string): Operator;
}

const operations: Operations = {
  echo: {
    help: "Says it again",
    args: ["text", "loud?"],
    run: ({ text }, { user }) => Promise.resolve({ text, user }),
  },
  fail: {
    help: "Cannot",
    args: [],
    run: () => Promise.reject(new PlatformError("conflict", "Cannot do it: it is busy")),
  },
  large: { help: "Too long", args: [], run: () => Promise.resolve("x".repeat(1_000_000)) },
};

function statusOf(id: string): ProcessStatus {
  return {
    ...{ role: "worker", id, pid: 1, host: "h", upSeconds: 1, residentBytes: 1, missing: [] },
    ...{ isDrained: false, isNatsConnected: true, answered: 7, errors: 0 },
    postgres: { isReachable: true, roundTripMs: 1, clockOffMs: 0 },
    ...{ p50Ms: 1, p99Ms: 2, loopLagP99Ms: null },
  };
}

async function withService(
  use: (stage: Stage) => Promise<void>,
  changes: Partial<ServiceParts> = {},
): Promise<void> {
  const nats = await testNats();
  const telemetry = silentTelemetry(clock);
  const link = await connectNats({ url: nats.url, name: "test", telemetry });
  const id = random.uuid().slice(0, 13);
  const audit = new AuditList();
  let looks = 0;
  const service = await serveOperations({
    ...{ link, clock, telemetry, role: "worker", id, version: "0.1.0+abc", key, operations, audit },
    status: () => {
      looks++;
      return Promise.resolve(statusOf(id));
    },
    ...changes,
  });
  await link.connection.flush();
  const operator = (ownKey = key): Operator =>
    new Operator({ link, clock, random, key: ownKey, user: "ada", connectionName: "ops" });
  await use({ id, link, audit, telemetry, looks: () => looks, operator });
  await service.close();
  await link.close();
}

async function kindOf(asked: Promise<unknown>): Promise<string> {
  try {
    await asked;
  } catch (thrown) {
    if (thrown instanceof PlatformError) return thrown.kind;
    throw thrown;
  }
  return "done";
}

test("PING, INFO and STATS are answered for all, by name and by id", () =>
  withService(async ({ id, link, operator }) => {
    const [seen] = (await operator().processes()).filter(({ status }) => status.id === id);
    assert.ok(seen !== undefined);
    assert.deepEqual([seen.service, seen.version], ["statewatt-worker", "0.1.0+abc"]);
    assert.equal(seen.status.answered, 7);

    const replies: string[] = [];
    for (const verb of ["PING", "INFO", "STATS"]) {
      for (const rest of ["", ".statewatt-worker", `.statewatt-worker.${seen.serviceId}`]) {
        // deno-lint-ignore no-await-in-loop -- one after the other
        const answers = await link.connection.requestMany(`$SRV.${verb}${rest}`, "", {
          maxWait: 1_000,
        });
        for await (const message of answers) {
          const answer = message.json<{ id: string; type: string }>();
          if (answer.id !== seen.serviceId) continue;
          replies.push(`${verb}${rest === "" ? "" : "."} ${answer.type}`);
          break;
        }
      }
    }
    assert.equal(replies.length, 9);
    assert.ok(replies.includes("INFO. io.nats.micro.v1.info_response"));
  }));

test("a sealed request runs, is audited under the asker's name, and its answer is sealed", () =>
  withService(async ({ id, audit, operator }) => {
    const value = await operator().ask(id, "echo", { text: "hello" });

    assert.deepEqual(value, { text: "hello", user: "ada" });
    const [entry] = audit.entries.values();
    assert.deepEqual(entry, { verb: "echo", user: "ada", outcome: "done" });
  }));

test("without our key nothing runs and nothing is audited", () =>
  withService(async ({ id, link, audit, telemetry, operator }) => {
    const wrong = operator("another key that is long enough, too");

    assert.equal(await kindOf(wrong.ask(id, "echo", { text: "hello" })), "unauthenticated");
    const bare = await link.connection.request(operationSubject(id, "echo"), "{}");
    assert.equal(bare.json<{ error: { kind: string } }>().error.kind, "unauthenticated");
    assert.equal(audit.entries.size, 0);
    assert.equal(telemetry.total("statewatt_operations_refused_total"), 2);
  }));

test("a process without a key lets nothing in, and still tells its statistics", () =>
  withService(async ({ id, operator }) => {
    assert.equal(await kindOf(operator().ask(id, "echo", { text: "hello" })), "forbidden");
    assert.ok((await operator().processes()).some(({ status }) => status.id === id));
  }, { key: undefined }));

test("what cannot be audited is not done", () =>
  withService(async ({ id, audit, operator }) => {
    audit.isAway = true;

    assert.equal(await kindOf(operator().ask(id, "echo", { text: "hello" })), "unavailable");
  }));

test("a refusal, a bad argument and too long an answer say what they are", () =>
  withService(async ({ id, audit, operator }) => {
    const kinds = [
      await kindOf(operator().ask(id, "fail", {})),
      await kindOf(operator().ask(id, "echo", {})),
      await kindOf(operator().ask(id, "echo", { text: "a", other: "b" })),
      await kindOf(operator().ask(id, "large", {})),
      await kindOf(operator().ask("nobody", "echo", { text: "a" })),
    ];

    assert.deepEqual(kinds, [
      "conflict",
      "missing-field",
      "malformed",
      "unsupported",
      "unavailable",
    ]);
    const outcomes = [...audit.entries.values()].map(({ outcome }) => outcome);
    assert.equal(outcomes[0], "Cannot do it: it is busy");
    assert.match(outcomes[1] ?? "", /ask for less/);
  }));

test("a flood of looks is one look", () =>
  withService(async ({ id, link, looks }) => {
    const subject = operationSubject(id, "status");
    const asked = Array.from({ length: 50 }, () => link.connection.request(subject, ""));
    const [first] = await Promise.all(asked);

    assert.equal(first?.json<ProcessStatus>().id, id);
    assert.ok(looks() >= 1 && looks() <= 5, `${looks()} looks`);
  }));
