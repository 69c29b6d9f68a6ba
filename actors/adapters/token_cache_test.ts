import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import postgres, { type Sql } from "postgres";
import { LocalBus } from "#engine/adapters/local_bus.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import { tokensChangedSubject } from "#schemas/events/token.ts";
import { type TestPostgres, testPostgres } from "#start/testing.ts";
import { TokenCache } from "./token_cache.ts";
import { TokenTable } from "./token_table.ts";

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

let tenants = 0;

/** A tenant of its own, whose tokens are written as the api writes them. */
class Tenant {
  readonly name = `t${++tenants}`;

  async write(uid: string, changes: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const token = { status: "Accepted", "group_id": null, "expires_at": null, ...changes };
    await sql.begin(async (transaction) => {
      const [{ version } = { version: 0 }] = await transaction<{ version: number }[]>`
        INSERT INTO token_versions VALUES (${this.name}, 1)
          ON CONFLICT (tenant) DO UPDATE SET version = token_versions.version + 1
          RETURNING version`;
      const row = {
        tenant: this.name,
        key: uid.toLowerCase(),
        uid,
        type: "ISO14443",
        "concurrent_sessions": 1,
        ...token,
        version,
      };
      await transaction`INSERT INTO tokens ${transaction([row])}
        ON CONFLICT (tenant, key) DO UPDATE SET uid = excluded.uid, status = excluded.status,
          group_id = excluded.group_id, expires_at = excluded.expires_at,
          deleted = excluded.deleted, version = excluded.version`;
    });
  }
}

interface Rig {
  readonly cache: TokenCache;
  readonly clock: SimClock;
  readonly bus: LocalBus;
}

async function withCache(run: (rig: Rig) => Promise<void>): Promise<void> {
  const clock = new SimClock();
  const telemetry = silentTelemetry(clock);
  const bus = new LocalBus({ clock, telemetry });
  const cache = new TokenCache({ sql, bus, clock, telemetry });
  await cache.start();
  try {
    await run({ cache, clock, bus });
  } finally {
    cache.close();
    await bus.close();
  }
}

test("a token is found by its uid without regard to case, in its tenant alone", async () => {
  const [one, other] = [new Tenant(), new Tenant()];
  const expires = new Date("2030-01-01T00:00:00Z");
  await one.write("04AbCd", { group_id: "Fleet", expires_at: expires });
  await one.write("04FF");
  await other.write("beef", { status: "Blocked" });
  await withCache(({ cache }) => {
    assert.deepEqual(cache.find(one.name, "04ABCD"), {
      uid: "04AbCd",
      type: "ISO14443",
      status: "Accepted",
      groupId: "Fleet",
      expiresAt: "2030-01-01T00:00:00.000Z",
      concurrentSessions: 1,
    });
    assert.equal(cache.find(one.name, "04ff")?.uid, "04FF");
    assert.equal(cache.find(other.name, "BEEF")?.status, "Blocked");
    assert.equal(cache.find(other.name, "04ff"), undefined);
    assert.equal(cache.find("nobody", "04ff"), undefined);
    return Promise.resolve();
  });
});

test("whoever says that tokens changed is answered when the change is known", async () => {
  const tenant = new Tenant();
  await tenant.write("aa");
  await withCache(async ({ cache, bus }) => {
    await tenant.write("aa", { status: "Blocked" });
    await tenant.write("bb");
    await bus.ask(tokensChangedSubject, "{}", 10_000);
    assert.equal(cache.find(tenant.name, "aa")?.status, "Blocked");
    assert.equal(cache.find(tenant.name, "bb")?.status, "Accepted");
    await tenant.write("bb", { deleted: true });
    await bus.ask(tokensChangedSubject, "{}", 10_000);
    assert.equal(cache.find(tenant.name, "bb"), undefined);
  });
});

test("many who ask at once each see their own change", async () => {
  const tenant = new Tenant();
  await withCache(async ({ cache, bus }) => {
    const uids = Array.from({ length: 20 }, (_, index) => `token${index}`);
    await Promise.all(uids.map(async (uid) => {
      await tenant.write(uid);
      await bus.ask(tokensChangedSubject, "{}", 10_000);
      assert.ok(cache.find(tenant.name, uid) !== undefined, uid);
    }));
  });
});

test("a change that nobody tells of is found by looking", async () => {
  const tenant = new Tenant();
  await withCache(async ({ cache, clock }) => {
    await tenant.write("aa");
    clock.advance(1_000);
    const deadline = performance.now() + 10_000;
    while (cache.find(tenant.name, "aa") === undefined) {
      assert.ok(performance.now() < deadline, "the token was not found by polling");
      // deno-lint-ignore no-await-in-loop -- lets the poll's query run; its rows come by the loop.
      await sql`SELECT 1`;
    }
  });
});

test("nothing is decided on tokens that could not be read for seconds", async () => {
  const tenant = new Tenant();
  await tenant.write("aa");
  const clock = new SimClock();
  const telemetry = silentTelemetry(clock);
  const bus = new LocalBus({ clock, telemetry });
  const own = postgres(database.url, { max: 1, onnotice: () => {} });
  const cache = new TokenCache({ sql: own, bus, clock, telemetry });
  await cache.start();
  await own.end();
  clock.advance(5_000);
  assert.equal(cache.find(tenant.name, "aa")?.uid, "aa");
  clock.advance(1);
  assert.throws(() => cache.find(tenant.name, "aa"), { kind: "unavailable" });
  cache.close();
  await bus.close();
});

test("tokens share what they have in common", () => {
  const table = new TokenTable();
  const row = (uid: string): Parameters<TokenTable["set"]>[1] => ({
    key: uid.toLowerCase(),
    uid,
    type: "ISO14443",
    status: "Accepted",
    groupId: null,
    expiresAt: null,
    concurrentSessions: 1,
  });
  for (const uid of ["AA", "bb", "Cc"]) table.set(uid.toLowerCase(), row(uid));
  assert.deepEqual(["aa", "bb", "cc"].map((key) => table.find(key)?.uid), ["AA", "bb", "Cc"]);
  table.set("cc", row("CC"));
  assert.equal(table.find("cc")?.uid, "CC");
  table.remove("cc");
  assert.deepEqual([table.size, table.find("cc")], [2, undefined]);
});
