import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import postgres, { type Sql } from "postgres";
import type { ActorAnswer, Actors, MessageHeader } from "#engine/ports/actors.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import type { Address } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { CommandRequest } from "#schemas/events/charger.ts";
import { type TestPostgres, testPostgres } from "#start/testing.ts";
import { lookAtCampaigns } from "./campaigns.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const noon = Date.UTC(2026, 10, 22, 12);

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

let fleet: Fleet;
beforeEach(async () => {
  await sql`DELETE FROM campaigns`;
  await sql`DELETE FROM commands`;
  await sql`DELETE FROM stations`;
  fleet = new Fleet();
});

interface Wishes {
  readonly steps: number;
  readonly rate: number | null;
  readonly atOnce: number;
  readonly share: number | null;
  readonly stopShare: number | null;
  readonly stopAfter: number;
  readonly awayHours: number;
}

const usual: Wishes = {
  ...{ steps: 1, rate: null, atOnce: 100, share: null },
  ...{ stopShare: null, stopAfter: 10, awayHours: 24 },
};

/** Actors that take commands as chargers do: each id once, its row within their commit. */
class Fleet implements Actors {
  readonly clock = new SimClock(noon);
  /** `<station> <kind>` of what reached a station, in order; nothing may be here twice. */
  readonly sent: string[] = [];
  /** What the next asks run into, by station. */
  readonly #seen = new Set<string>();
  readonly troubles = new Map<string, "before" | "after" | PlatformError>();

  async ask(to: Address, header: MessageHeader, body: string): Promise<ActorAnswer> {
    assert.equal(header.type, "command.request");
    const trouble = this.troubles.get(to.key);
    this.troubles.delete(to.key);
    if (trouble instanceof PlatformError) throw trouble;
    const { id, kind, batchId, queueMs }: CommandRequest = JSON.parse(body);
    assert.equal(queueMs, 0);
    if (trouble !== "before") {
      const { count } = await sql`INSERT INTO commands (tenant, id, station_id, kind, action,
          status, batch_id, request, created_at, updated_at)
        VALUES (${to.tenant}, ${id}, ${to.key}, ${kind}, ${kind}, 'sent', ${batchId ?? null}, '{}',
          ${this.time()}, ${this.time()}) ON CONFLICT DO NOTHING`;
      if (count > 0) this.sent.push(`${to.key} ${kind}`);
    }
    if (trouble !== undefined) throw new PlatformError("timed-out", "Cannot hear the actor");
    return { text: "{}", journalled: true };
  }

  time(): string {
    return new Date(this.clock.now()).toISOString();
  }

  async stations(count: number, at: { readonly location?: string } = {}): Promise<this> {
    for (let n = 1; n <= count; n++) {
      const id = `${at.location ?? "S"}${n}`;
      // deno-lint-ignore no-await-in-loop -- a few rows
      await sql`INSERT INTO stations (tenant, id, location_id, security_profile, quiet,
          registration, heartbeat_interval_seconds, authorisation_required, connected, created_at)
        VALUES ('default', ${id}, ${at.location ?? null}, 0, false, 'Accepted', 300, true, true,
          ${this.time()})`;
    }
    return this;
  }

  async campaign(wishes: Partial<Wishes> = {}, ids: readonly string[] = []): Promise<void> {
    const { steps, rate, atOnce, share, stopShare, stopAfter, awayHours } = { ...usual, ...wishes };
    const until = new Date(this.clock.now() + awayHours * HOUR_MS).toISOString();
    const listed = Array.from({ length: steps }, (_, n) => ({ kind: `step-${n + 1}`, body: {} }));
    await sql`INSERT INTO campaigns (tenant, id, name, status, steps, rate_per_minute, max_at_once,
        share_per_location, stop_share, stop_after, away_hours, waits_until, next_at, created_at,
        updated_at)
      VALUES ('default', 'c', 'C', 'running', ${JSON.stringify(listed)}::text::json, ${rate},
        ${atOnce}, ${share}, ${stopShare}, ${stopAfter}, ${awayHours}, ${until}, ${this.time()},
        ${this.time()}, ${this.time()})`;
    const all = await sql<{ id: string }[]>`SELECT id FROM stations ORDER BY id`;
    const chosen = ids.length > 0 ? ids : all.map(({ id }) => id);
    await sql`INSERT INTO campaign_stations
        (tenant, campaign_id, station_id, ordinal, updated_at, location_id, room)
      SELECT 'default', 'c', g.id, n, ${this.time()}, location_id,
          CASE WHEN location_id IS NOT NULL AND ${share}::float8 IS NOT NULL THEN greatest(1,
            floor(${share}::float8 * count(*) OVER (PARTITION BY location_id))) END
        FROM unnest(${[...chosen]}::text[]) WITH ORDINALITY AS g(id, n)
          LEFT JOIN stations t ON t.id = g.id`;
  }

  /** One look, some time after the one before; gives what reached stations by it. */
  async look(afterMs = SECOND_MS): Promise<readonly string[]> {
    this.clock.advance(afterMs);
    const before = this.sent.length;
    const telemetry = silentTelemetry(this.clock);
    const parts = { sql, actors: this, clock: this.clock, telemetry, isOurs: () => true };
    await lookAtCampaigns(parts, this.#seen);
    return this.sent.slice(before).toSorted();
  }

  /** What became of the open command of a station. */
  async ends(stationId: string, status: string, response: unknown = { status }): Promise<void> {
    await sql`UPDATE commands SET status = ${status}, updated_at = ${this.time()},
        response = ${JSON.stringify(response)}::text::json
      WHERE station_id = ${stationId} AND status IN ('sent', 'queued', 'timedOut', 'unknown')`;
  }

  async connect(stationId: string, connected: boolean): Promise<void> {
    await sql`UPDATE stations SET connected = ${connected} WHERE id = ${stationId}`;
  }

  async status(): Promise<unknown> {
    const [row] = await sql`SELECT status, reason FROM campaigns`;
    return [row?.["status"], row?.["reason"]];
  }

  async set(status: string): Promise<void> {
    await sql`UPDATE campaigns SET status = ${status}`;
  }

  /** `<state> <step> <detail>` of each station. */
  async states(): Promise<Readonly<Record<string, string>>> {
    const rows =
      await sql`SELECT station_id, state, step, detail FROM campaign_stations ORDER BY 1`;
    return Object.fromEntries(rows.map((row) => [
      row["station_id"],
      `${row["state"]} ${row["step"]} ${row["detail"] ?? ""}`.trim(),
    ]));
  }
}

test("steps come one after the other, each when the one before was accepted", async () => {
  await (await fleet.stations(2)).campaign({ steps: 2 });

  assert.deepEqual(await fleet.look(), ["S1 step-1", "S2 step-1"]);
  assert.deepEqual(await fleet.look(), []);
  await fleet.ends("S2", "accepted");
  assert.deepEqual(await fleet.look(), ["S2 step-2"]);
  await fleet.ends("S2", "answered");
  await fleet.ends("S1", "rejected", { status: "NotSupported" });
  await fleet.look();

  assert.deepEqual(await fleet.states(), {
    S1: "failed 0 The station answered NotSupported",
    S2: "done 2",
  });
  assert.deepEqual(await fleet.status(), ["done", null]);
  const [row] = await sql`SELECT finished_at FROM campaigns`;
  assert.notEqual(row?.["finished_at"], null);
});

test("nothing is sent twice, whatever is lost between the table and the station", async () => {
  await (await fleet.stations(3)).campaign();
  fleet.troubles.set("S1", "before");
  fleet.troubles.set("S2", "after");
  fleet.troubles.set("S3", new PlatformError("overloaded", "Cannot take more"));

  const sent = [...await fleet.look()];
  for (let n = 0; n < 12; n++) {
    // deno-lint-ignore no-await-in-loop -- one look after the other
    sent.push(...await fleet.look());
  }

  assert.deepEqual(sent.toSorted(), ["S1 step-1", "S2 step-1", "S3 step-1"]);
});

test("two workers that look at once send each command once", async () => {
  await (await fleet.stations(40)).campaign({ rate: 600 });
  const telemetry = silentTelemetry(fleet.clock);
  const parts = { sql, actors: fleet, clock: fleet.clock, telemetry, isOurs: () => true };

  for (let n = 0; n < 10; n++) {
    fleet.clock.advance(SECOND_MS);
    // deno-lint-ignore no-await-in-loop -- one pair of looks after the other
    await Promise.all([
      lookAtCampaigns(parts, new Set()),
      lookAtCampaigns(parts, new Set()),
    ]);
  }

  assert.equal(fleet.sent.length, 40);
  assert.equal(new Set(fleet.sent).size, 40);
});

test("the pace is kept: over any time no more than the rate, and no burst after a pause", async () => {
  await (await fleet.stations(120)).campaign({ rate: 30 });

  let count = (await fleet.look()).length;
  assert.equal(count, 1);
  for (let second = 0; second < 60; second++) {
    // deno-lint-ignore no-await-in-loop -- one look after the other
    count += (await fleet.look()).length;
  }
  assert.ok(count >= 30 && count <= 31, `${count} in a minute`);
  assert.equal((await fleet.look(10 * MINUTE_MS)).length, 1);
});

test("a fast pace catches up at most a second", async () => {
  await (await fleet.stations(100)).campaign({ rate: 600 });

  await fleet.look();
  assert.ok((await fleet.look(10 * MINUTE_MS)).length <= 11);
});

test("no more stations are busy at once than may be", async () => {
  await (await fleet.stations(5)).campaign({ atOnce: 2, steps: 2 });

  assert.deepEqual(await fleet.look(), ["S1 step-1", "S2 step-1"]);
  await fleet.ends("S1", "accepted");
  assert.deepEqual(await fleet.look(), ["S1 step-2"], "one that has begun goes on first");
  await fleet.ends("S1", "accepted");
  await fleet.ends("S2", "rejected");
  assert.deepEqual(await fleet.look(), ["S3 step-1", "S4 step-1"]);
});

test("of a location only its share is busy at once, at least one; others are free", async () => {
  await fleet.stations(4, { location: "A" });
  await fleet.stations(1, { location: "B" });
  await (await fleet.stations(2)).campaign({ share: 0.5 });

  assert.deepEqual(await fleet.look(), [
    "A1 step-1",
    "A2 step-1",
    "B1 step-1",
    "S1 step-1",
    "S2 step-1",
  ]);
  await fleet.ends("A2", "accepted");
  assert.deepEqual(await fleet.look(), ["A3 step-1"]);
});

test("too many failures stop it, once enough stations are through", async () => {
  await (await fleet.stations(9)).campaign({ atOnce: 2, stopShare: 0.4, stopAfter: 4 });

  for (const [first, second] of [["S1", "S2"], ["S3", "S4"]] as const) {
    // deno-lint-ignore no-await-in-loop -- one look after the other
    assert.deepEqual(await fleet.look(), [`${first} step-1`, `${second} step-1`]);
    // deno-lint-ignore no-await-in-loop -- as above
    await fleet.ends(first, "rejected");
    // deno-lint-ignore no-await-in-loop -- as above
    await fleet.ends(second, "accepted");
  }
  assert.deepEqual(await fleet.look(), []);

  assert.deepEqual(await fleet.status(), ["stopped", "2 of 4 stations failed"]);
  assert.equal((await fleet.states())["S5"], "waiting 0");
  assert.deepEqual(await fleet.look(), []);
});

test("a campaign smaller than that number is stopped by its last station at the latest", async () => {
  await (await fleet.stations(2)).campaign({ stopShare: 0, stopAfter: 10, atOnce: 1 });

  await fleet.look();
  await fleet.ends("S1", "rejected");
  assert.deepEqual(await fleet.look(), ["S2 step-1"]);
  await fleet.ends("S2", "accepted");
  await fleet.look();

  assert.deepEqual(await fleet.status(), ["stopped", "1 of 2 stations failed"]);
});

test("a station that is away is waited for, then given up", async () => {
  await (await fleet.stations(3)).campaign({ awayHours: 2 });
  await fleet.connect("S2", false);
  await fleet.connect("S3", false);
  assert.deepEqual(await fleet.look(), ["S1 step-1"]);
  await fleet.ends("S1", "accepted");
  assert.deepEqual(await fleet.look(HOUR_MS), []);
  await fleet.connect("S2", true);
  assert.deepEqual(await fleet.look(), ["S2 step-1"]);
  await fleet.ends("S2", "accepted");

  await fleet.look(HOUR_MS);
  assert.equal((await fleet.states())["S3"], "failed 0 The station was not connected in time");
  assert.deepEqual(await fleet.status(), ["done", null]);
});

test("a station that goes away between the look and the command is asked again when it is back", async () => {
  await (await fleet.stations(1)).campaign();
  await fleet.look();
  await fleet.ends("S1", "expired", null);
  await fleet.connect("S1", false);
  assert.deepEqual(await fleet.look(), []);
  assert.equal((await fleet.states())["S1"], "running 0");

  await fleet.connect("S1", true);
  assert.deepEqual(await fleet.look(), ["S1 step-1"]);
});

test("one that is away after a step keeps its place for a while, not for ever", async () => {
  await (await fleet.stations(2)).campaign({ atOnce: 1, steps: 2 });
  await fleet.look();
  await fleet.ends("S1", "accepted");
  await fleet.connect("S1", false);
  assert.deepEqual(await fleet.look(), []);
  assert.deepEqual(await fleet.look(14 * MINUTE_MS), []);

  assert.deepEqual(await fleet.look(MINUTE_MS), ["S2 step-1"]);
});

test("a connection that is lost decides nothing: what the station does next may tell", async () => {
  await (await fleet.stations(2)).campaign();
  await fleet.look();
  await fleet.ends("S1", "unknown", null);
  await fleet.ends("S2", "unknown", null);
  await fleet.look();
  assert.equal((await fleet.states())["S1"], "running 0");

  await fleet.ends("S1", "accepted");
  await fleet.look();
  assert.equal((await fleet.states())["S1"], "done 1");
  await fleet.look(11 * MINUTE_MS);
  assert.equal((await fleet.states())["S2"], "failed 0 The connection was lost before the answer");
});

test("silence is a failure that a late answer takes back", async () => {
  await (await fleet.stations(2)).campaign({ steps: 2, stopShare: 0.9 });
  await fleet.connect("S2", false);
  await fleet.look();
  await fleet.ends("S1", "timedOut", null);
  await fleet.look();
  assert.equal((await fleet.states())["S1"], "failed 0 The station did not answer");

  await fleet.ends("S1", "accepted");
  assert.deepEqual(await fleet.look(), ["S1 step-2"]);
});

test("what the actor refuses for good is told, and a station that nobody knows", async () => {
  await (await fleet.stations(1)).campaign({}, ["S1", "NOBODY"]);
  fleet.troubles.set("S1", new PlatformError("unsupported", "Cannot do it: 1.6 has no word"));

  await fleet.look();

  assert.deepEqual(await fleet.states(), {
    NOBODY: "failed 0 There is no such station",
    S1: "failed 0 Cannot do it: 1.6 has no word",
  });
});

test("while it is halted nothing is asked; what is under way is settled; then it goes on", async () => {
  await (await fleet.stations(3)).campaign({ atOnce: 2, steps: 2 });
  fleet.troubles.set("S2", "before");
  await fleet.look();
  await fleet.set("paused");
  await fleet.ends("S1", "accepted");

  assert.deepEqual(await fleet.look(11 * SECOND_MS), []);
  assert.deepEqual(await fleet.states(), { S1: "running 1", S2: "waiting 0", S3: "waiting 0" });
  await fleet.set("running");

  assert.deepEqual(await fleet.look(), ["S1 step-2", "S2 step-1"]);
});

test("thousands of stations take a bounded number of commands and little time per look", async () => {
  // What the database believes of them is old: so few that any way to look them through is good.
  await (await fleet.stations(1)).campaign();
  await sql`ANALYZE stations, campaign_stations, commands`;
  await sql`DELETE FROM campaigns`;
  await sql`INSERT INTO stations (tenant, id, location_id, security_profile, quiet, registration,
      heartbeat_interval_seconds, authorisation_required, connected, created_at)
    SELECT 'default', 'S' || n, 'L' || n % 500, 0, false, 'Accepted', 300, true, true, now()
      FROM generate_series(2, 10000) AS g(n)`;
  await fleet.campaign({ atOnce: 1_000, share: 0.1 });
  const beganAt = performance.now();
  const first = await fleet.look();
  const firstMs = performance.now() - beganAt;
  assert.equal(first.length, 500, "two per location of twenty, up to what one look takes");
  await sql`UPDATE commands SET status = 'accepted'`;
  const [plan] = await sql`EXPLAIN (ANALYZE, FORMAT JSON)
    SELECT * FROM tick_campaign('default', 'c', ${fleet.time()}, 500)`;
  const [{ "Execution Time": tookMs }] = plan?.["QUERY PLAN"];

  // Some 50 ms; looking through all for each takes minutes.
  assert.ok(tookMs < 2_000 && firstMs < 10_000, `${tookMs} ms, the first ${firstMs} ms`);
});
