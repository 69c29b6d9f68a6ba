import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import postgres, { type Sql } from "postgres";
import { emptyList } from "#actors/domain/local_list.ts";
import type { Actors } from "#engine/ports/actors.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { FollowedTokens, LocalListOrder } from "#schemas/events/local_list.ts";
import { type TestPostgres, testPostgres } from "#start/testing.ts";
import { FOLLOW_EVERY_MS, followOnce, followTokens } from "./following_lists.ts";

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

const clock = new SimClock();
const telemetry = silentTelemetry(clock);
let told: { key: string; order: LocalListOrder }[] = [];
let refuses = false;
const actors: Actors = {
  ask: (to, { type }, body) => {
    assert.equal(type, "block.order");
    if (refuses) return Promise.reject(new PlatformError("unavailable", "Cannot ask: away"));
    told.push({ key: to.key, order: JSON.parse(body).order });
    return Promise.resolve({ text: "{}", journalled: true });
  },
};
const parts = (): Parameters<typeof followOnce>[0] => ({
  ...{ sql, actors, clock, telemetry },
  isOurs: () => true,
});

let version = 0;
beforeEach(async () => {
  told = [];
  refuses = false;
  version = 0;
  await sql`DELETE FROM station_items`;
  await sql`DELETE FROM tokens`;
  await sql`DELETE FROM token_versions`;
});

async function token(
  uid: string,
  more: { groupId?: string; status?: string; deleted?: boolean } = {},
): Promise<void> {
  const { groupId = null, status = "Accepted", deleted = false } = more;
  version++;
  await sql`INSERT INTO token_versions (tenant, version) VALUES ('default', ${version})
    ON CONFLICT (tenant) DO UPDATE SET version = excluded.version`;
  await sql`INSERT INTO tokens (tenant, key, uid, type, status, group_id, concurrent_sessions,
      version, deleted, created_at)
    VALUES ('default', ${uid.toLowerCase()}, ${uid}, 'ISO14443', ${status}, ${groupId}, 1,
      ${version}, ${deleted}, now())
    ON CONFLICT (tenant, key) DO UPDATE SET status = excluded.status, version = excluded.version,
      group_id = excluded.group_id, deleted = excluded.deleted`;
}

async function listOf(
  stationId: string,
  followed: FollowedTokens,
  { at = version, uids = [] }: { at?: number; uids?: readonly string[] } = {},
): Promise<void> {
  const entries = uids.map((idToken) => ({ idToken, type: "ISO14443", status: "Accepted" }));
  const body = { ...emptyList, followTokens: followed, tokensVersion: at, entries };
  await sql`INSERT INTO station_items VALUES ('default', ${`${stationId}/local-list/list`},
    ${stationId}, 'local-list', 'list', ${JSON.stringify(body)}::text::jsonb, now(), now())`;
}

function changesOf(key: string): readonly (readonly [string, string | undefined])[] {
  const order = told.find((one) => one.key === key)?.order;
  assert.ok(order?.op === "follow");
  assert.equal(order.tokensVersion, version);
  return order.changes.map(({ idToken, entry }) => [idToken, entry?.status]);
}

test("a list hears of its tokens: new, blocked, gone, come into the group and left it", async () => {
  await token("OLD", { groupId: "Fleet" });
  await token("MOVES", { groupId: "FLEET" });
  await listOf("ALL", true, { uids: ["OLD", "MOVES"] });
  await listOf("FLEET", { groupId: "fleet" }, { uids: ["old", "MOVES"] });
  await listOf("OTHERS", { groupId: "others" });
  await listOf("FIXED", false);
  assert.equal(await followOnce(parts()), 0);

  await token("NEW", { groupId: "fleet" });
  await token("OLD", { groupId: "Fleet", status: "Blocked" });
  await token("MOVES", { groupId: "else" });
  await token("STRANGE");
  assert.equal(await followOnce(parts()), 2);
  assert.deepEqual(changesOf("ALL"), [
    ["NEW", "Accepted"],
    ["OLD", "Blocked"],
    ["MOVES", "Accepted"],
    ["STRANGE", "Accepted"],
  ]);
  assert.deepEqual(changesOf("FLEET"), [
    ["NEW", "Accepted"],
    ["OLD", "Blocked"],
    ["MOVES", undefined],
  ]);
});

test("a token that was deleted leaves the list", async () => {
  await token("GONE");
  await listOf("ALL", true, { uids: ["GONE"] });
  await token("GONE", { deleted: true });
  await followOnce(parts());
  assert.deepEqual(changesOf("ALL"), [["GONE", undefined]]);
});

test("who cannot be told now is told in the next pass", async () => {
  await listOf("ALL", true);
  await token("A");
  refuses = true;
  assert.equal(await followOnce(parts()), 0);
  refuses = false;
  assert.equal(await followOnce(parts()), 1);
});

test("a list far behind of tokens that are not its own is told how far it has followed", async () => {
  await token("A", { groupId: "G" });
  await listOf("GROUP", { groupId: "other" }, { at: 0 });
  assert.equal(await followOnce(parts()), 0);
  version = 1_500;
  await token("B");
  assert.equal(await followOnce(parts()), 1);
  assert.deepEqual(changesOf("GROUP"), []);
});

test("it passes once a minute, only where it is the one, and ends", async () => {
  let asked = 0;
  const stop = followTokens({
    ...parts(),
    isOurs: () => {
      asked++;
      return false;
    },
  });
  clock.advance(FOLLOW_EVERY_MS - 1);
  assert.equal(asked, 0);
  clock.advance(1);
  assert.equal(asked, 1);
  await Promise.resolve().then(() => {}).then(() => {});
  clock.advance(FOLLOW_EVERY_MS);
  assert.equal(asked, 2);
  stop();
});
