import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import postgres, { type Sql } from "postgres";
import { tokenRecord } from "#actors/stage_testing.ts";
import type { Actors } from "#engine/ports/actors.ts";
import { formatAddress } from "#schemas/address.ts";
import type { TokenRecord } from "#schemas/events/token.ts";
import { type TestPostgres, testPostgres } from "#start/testing.ts";
import { COUNTED_MAX, inputProviders } from "./input_providers.ts";

let database: TestPostgres;
let sql: Sql;
before(async () => {
  database = await testPostgres();
  sql = postgres(database.url, { max: 2, onnotice: () => {} });
});
after(async () => {
  await sql.end();
  await database.close();
});

const noon = Date.UTC(2026, 10, 22, 12);
const known: readonly TokenRecord[] = [
  tokenRecord("ONE"),
  tokenRecord("FLEET1", { groupId: "Fleet", concurrentSessions: 3 }),
  tokenRecord("FREE", { concurrentSessions: 0 }),
  tokenRecord("HUGE", { concurrentSessions: COUNTED_MAX + 1 }),
  tokenRecord("OLD", { expiresAt: "2026-11-22T12:00:00Z" }),
  tokenRecord("BLOCKED", { status: "Blocked" }),
  tokenRecord("APP", { type: "Central" }),
];

interface Asked {
  readonly to: string;
  readonly type: string;
  readonly body: unknown;
}

function providers(asked: Asked[]): ReturnType<typeof inputProviders> {
  const actors: Actors = {
    ask: (to, { type }, body) => {
      asked.push({ to: formatAddress(to), type, body: JSON.parse(body) });
      return Promise.resolve({ text: '{"granted":false}', journalled: true });
    },
  };
  const tokens = {
    find: (_tenant: string, uid: string): TokenRecord | undefined =>
      known.find((token) => token.uid.toLowerCase() === uid.toLowerCase()),
  };
  const clock = { now: () => noon };
  return inputProviders({ sql, actors, tokens, clock, autoRegister: true, offlineAlertMinutes: 7 });
}

test("a token is given as the cache knows it, or null, and settings as they are", () => {
  const { token, autoRegister, offlineAlertMinutes } = providers([]);
  assert.equal((token?.("default", { uid: "one" }) as TokenRecord).uid, "ONE");
  assert.equal(token?.("default", { uid: "two" }), null);
  assert.equal(autoRegister?.("default", null), true);
  assert.equal(offlineAlertMinutes?.("default", null), 7);
});

test("a grant is asked from the token's actor, or its group's", async () => {
  const asked: Asked[] = [];
  const { grant } = providers(asked);
  const wish = { holder: "CP1~2", replaces: ["CP1~1"] };
  const one = { uid: "one", type: null, ...wish };
  assert.deepEqual(await grant?.("default", one), { granted: false });
  await grant?.("default", { uid: "FLEET1", type: "ISO14443", ...wish });
  assert.deepEqual(asked, [
    {
      to: "default:token/%tone",
      type: "grant.request",
      body: { token: "%tone", ...wish, limit: 1 },
    },
    {
      to: "default:token/%tfleet",
      type: "grant.request",
      body: { token: "%tfleet", ...wish, limit: 3 },
    },
  ]);
});

test("without a limit that is counted, or for a token that is refused, nobody is asked", async () => {
  const asked: Asked[] = [];
  const { grant } = providers(asked);
  for (const uid of ["FREE", "HUGE", "UNHEARD", "OLD", "BLOCKED", "APP"]) {
    const wish = { uid, type: "ISO14443", holder: "CP1~1", replaces: [] };
    // deno-lint-ignore no-await-in-loop -- answers from memory
    assert.equal(await grant?.("default", wish), null, uid);
  }
  assert.deepEqual(asked, []);
});

test("rule T1: transaction ids are positive int32 and never given twice, by any worker", async () => {
  const workers = [providers([]), providers([])];
  const draws = Array.from({ length: 300 }, (_, index) => workers[index % 2]?.["transactionId"]);
  const ids = await Promise.all(draws.map((draw) => draw?.("default", null)));
  assert.equal(new Set(ids).size, 300);
  assert.ok(ids.every((id) => typeof id === "number" && id > 0 && id < 2 ** 31));
});
