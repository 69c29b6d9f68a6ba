import assert from "node:assert/strict";
import { test } from "node:test";
import postgres from "postgres";
import { kinds } from "#actors/kinds.ts";
import { Stage, StationOnStage } from "#actors/stage_testing.ts";
import { postgresJournalTail } from "#engine/adapters/postgres_journal_tail.ts";
import { postgresStore } from "#engine/adapters/postgres_store.ts";
import { replay } from "#engine/replay.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import { readConfig, workerConfigSchema } from "#schemas/config.ts";
import { testPostgres } from "#start/testing.ts";
import { withArchive } from "./archived_journal.ts";
import { keepHouse } from "./housekeeping.ts";
import { commitStage } from "./projection_testing.ts";

test("operators replay an archived session; a station whose first days are gone is refused", async () => {
  const database = await testPostgres();
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  const stage = new Stage();
  const clock = new SimClock(stage.now + 60 * 86_400_000);
  const store = postgresStore({ url: database.url, owner: "ops", clock });
  const settings = { authorisationRequired: false };
  const station = new StationOnStage(stage, "O~1", "ocpp1.6").register(settings).connect();
  const timestamp = station.time();
  station.call("StartTransaction", { connectorId: 1, idTag: "T", meterStart: 0, timestamp });
  stage.advance(600_000);
  station.call("StopTransaction", {
    transactionId: 1_000,
    meterStop: 9,
    timestamp: station.time(),
  });
  await sql`SELECT ensure_partition('journal', '2026-11-22')`;
  await commitStage(database.url, stage, 5);
  const session = "default:session/O%7E1~1";
  const tail = postgresJournalTail(sql, clock);
  const archive = withArchive({ store, tail, sql, clock });
  const before = await archive.store.journalOf(session);
  assert.ok((await archive.store.journalOf(station.address)).length > 0);

  const retention = readConfig(workerConfigSchema, {
    DATABASE_URL: "postgres://unused",
    NATS_URL: "nats://unused",
  });
  const telemetry = silentTelemetry(clock);
  await keepHouse({ databaseUrl: database.url, clock, telemetry, retention });

  assert.deepEqual(await store.journalOf(session), []);
  const journal = await archive.store.journalOf(session);
  assert.deepEqual(journal, before);
  assert.equal(replay({ kinds, actor: session, journal }).difference, undefined);
  assert.equal(await archive.tail.count(session, 1_000), before.length);
  assert.equal(await archive.tail.count(session, 1), 1);
  assert.deepEqual(await archive.tail.last(session, 1), before.slice(-1));
  await assert.rejects(
    archive.store.journalOf(station.address),
    /journal from before \d{4}-\d\d-\d\d was dropped/,
  );
  await sql`UPDATE stations SET created_at = '2999-01-01T00:00:00Z'`;
  assert.deepEqual(await archive.store.journalOf(station.address), []);
  await store.close();
  await sql.end();
  await database.close();
});
