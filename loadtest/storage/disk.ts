/** What the platform's tables take on disk, by real rows of real sessions. */
import type { Sql } from "postgres";
import { archiveSession } from "#actors/adapters/session_archive.ts";
import { Stage, StationOnStage } from "#actors/stage_testing.ts";
import { postgresStore } from "#engine/adapters/postgres_store.ts";
import { systemClock } from "#engine/adapters/system_clock.ts";
import { Batch } from "#engine/batch.ts";
import { readConfig, workerConfigSchema } from "#schemas/config.ts";
import { SESSION_MINUTES, SESSIONS_PER_DAY, VALUES_PER_MESSAGE } from "./fill.ts";

const CHARGERS = 10_000;
const HEARTBEATS_PER_DAY = 24 * 60 / 5;
/** Enough that empty pages and the frames of indexes weigh little. */
const SESSIONS_MEASURED = 60;
const FRAMES_MEASURED = 50_000;

export const assumptions =
  `${CHARGERS} chargers, ${SESSIONS_PER_DAY} sessions a day of ${SESSION_MINUTES} minutes, a meter ` +
  `message a minute with ${VALUES_PER_MESSAGE} values, a heartbeat every 5 minutes`;

export interface TableDisk {
  readonly table: string;
  readonly unit: string;
  readonly bytesPerUnit: number;
  readonly unitsPerDay: number;
  /** Null: for ever. */
  readonly keptDays: number | null;
}

/** `large` is full of meter values and roll-ups; the rest is written to `small` here. */
export async function disk(url: string, small: Sql, large: Sql): Promise<readonly TableDisk[]> {
  const kept = readConfig(workerConfigSchema, {
    DATABASE_URL: "postgres://unused",
    NATS_URL: "nats://unused",
  });
  const sessionsPerDay = CHARGERS * SESSIONS_PER_DAY;
  const values = await perRow(large, "meter_values");
  const quarters = await perRow(large, "session_quarters");
  const days = await perRow(large, "station_days");
  const progress = await perRow(large, "session_progress");
  const sessions = await perRow(large, "sessions");
  const ofSession = await sessionBytes(url, small);
  const frames = await frameBytes(small);
  const messages = sessionsPerDay * SESSION_MINUTES;
  const row = (
    [table, unit]: readonly [string, string],
    [bytesPerUnit, unitsPerDay]: readonly [number, number],
    keptDays: number | null,
  ): TableDisk => ({ table, unit, bytesPerUnit, unitsPerDay, keptDays });
  return [
    row(
      ["meter_values", "value"],
      [values, messages * VALUES_PER_MESSAGE],
      kept.meterValuesKeepDays,
    ),
    row(["journal", "session"], [ofSession.journal, sessionsPerDay], kept.journalKeepDays),
    row(["frame_log", "frame"], [frames, CHARGERS * HEARTBEATS_PER_DAY * 2], kept.frameLogKeepDays),
    row(["session_archive", "session"], [ofSession.archive, sessionsPerDay], kept.archiveKeepDays),
    row(
      ["session_quarters", "row"],
      [quarters, sessionsPerDay * SESSION_MINUTES / 15],
      kept.energyQuartersKeepDays,
    ),
    row(["station_days", "row"], [days, CHARGERS], kept.energyDaysKeepDays),
    row(["snapshots", "session"], [ofSession.snapshot, sessionsPerDay], null),
    row(["sessions", "session"], [sessions, sessionsPerDay], null),
    row(["session_progress", "session"], [progress, sessionsPerDay], null),
  ];
}

/** Disk of a table with its indexes and partitions. */
async function bytesOf(sql: Sql, table: string): Promise<number> {
  const [row] = await sql`SELECT (pg_total_relation_size(${table}::text::regclass)
    + (SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0) FROM pg_inherits
      WHERE inhparent = ${table}::text::regclass))::float8 AS bytes`;
  return Number(row?.["bytes"]);
}

async function perRow(sql: Sql, table: string): Promise<number> {
  const [row] = await sql.unsafe(`SELECT count(*)::float8 AS n FROM ${table}`);
  return await bytesOf(sql, table) / Number(row?.["n"]);
}

async function sessionBytes(
  url: string,
  sql: Sql,
): Promise<{ journal: number; snapshot: number; archive: number }> {
  const tables = ["journal", "snapshots", "session_archive"];
  const before = await Promise.all(tables.map((table) => bytesOf(sql, table)));
  const stage = wholeSessions();
  await commit(url, stage);
  for (let station = 1; station <= SESSIONS_MEASURED; station++) {
    // deno-lint-ignore no-await-in-loop -- one after the other.
    await archiveSession(sql, { tenant: "default", id: `D${station}~1` });
  }
  const after = await Promise.all(tables.map((table) => bytesOf(sql, table)));
  const [journal = 0, snapshot = 0, archive = 0] = tables.map((_, index) =>
    ((after[index] ?? 0) - (before[index] ?? 0)) / SESSIONS_MEASURED
  );
  // Chargers have one, too, but not one per session.
  const [share] =
    await sql`SELECT (sum(pg_column_size(s.*)) FILTER (WHERE actor LIKE '%:session/%'))
    / sum(pg_column_size(s.*))::float8 AS share FROM snapshots s`;
  return { journal, snapshot: snapshot * Number(share?.["share"]), archive };
}

function wholeSessions(): Stage {
  const stage = new Stage();
  const stations = Array.from({ length: SESSIONS_MEASURED }, (_, index) => {
    const settings = { authorisationRequired: false };
    return new StationOnStage(stage, `D${index + 1}`, "ocpp1.6").register(settings).connect();
  });
  const transactions = stations.map((station) => {
    const timestamp = station.time();
    const start = { connectorId: 1, idTag: "04AABBCC112233", meterStart: 1_000_000, timestamp };
    station.call("StatusNotification", {
      connectorId: 1,
      errorCode: "NoError",
      status: "Preparing",
    });
    const { transactionId } = station.call("StartTransaction", start) as { transactionId: number };
    station.call("StatusNotification", {
      connectorId: 1,
      errorCode: "NoError",
      status: "Charging",
    });
    return transactionId;
  });
  for (let minute = 1; minute <= SESSION_MINUTES; minute++) {
    stage.advance(60_000);
    stations.forEach((station, index) => {
      const sampledValue = [
        {
          value: String(1_000_000 + minute * 183),
          measurand: "Energy.Active.Import.Register",
          unit: "Wh",
        },
        { value: String(11_000 + minute % 40), measurand: "Power.Active.Import", unit: "W" },
        { value: `16.${minute % 10}`, measurand: "Current.Import", phase: "L1", unit: "A" },
        { value: `230.${minute % 7}`, measurand: "Voltage", phase: "L1", unit: "V" },
      ];
      const meterValue = [{ timestamp: station.time(), sampledValue }];
      const transactionId = transactions[index];
      station.call("MeterValues", { connectorId: 1, transactionId, meterValue });
    });
  }
  stations.forEach((station, index) => {
    const timestamp = station.time();
    const transactionId = transactions[index];
    station.call("StopTransaction", { transactionId, meterStop: 1_022_000, timestamp });
    station.call("StatusNotification", {
      connectorId: 1,
      errorCode: "NoError",
      status: "Available",
    });
  });
  return stage;
}

async function commit(url: string, stage: Stage): Promise<void> {
  const store = postgresStore({ url, owner: "bench", clock: systemClock() });
  const [owned] = await store.takeShards("bench", [7]);
  if (owned === undefined) throw new Error("Cannot take a shard of a new database");
  const { shard, epoch, lastSeq } = owned;
  const cursor = { shard, epoch, committed: lastSeq, assigned: lastSeq, committedAt: 0 };
  let batch = new Batch("bench 0");
  const send = async (): Promise<void> => {
    const outcome = await store.commit(batch.encode(), 0);
    if (outcome.result !== "committed") {
      throw new Error(`Cannot commit: ${JSON.stringify(outcome)}`);
    }
    batch = new Batch(`bench ${cursor.assigned}`);
  };
  for (const change of stage.journal) {
    batch.add(change, cursor);
    // deno-lint-ignore no-await-in-loop -- batch by batch.
    if (batch.isFull) await send();
  }
  if (!batch.isEmpty) await send();
  await store.close();
}

/** Heartbeats: a call and its answer. */
async function frameBytes(sql: Sql): Promise<number> {
  const before = await bytesOf(sql, "frame_log");
  await sql`INSERT INTO frame_log (tenant, station_id, at, direction, message_type, action,
      message_id, payload)
    SELECT 'default', 'S' || n % 1000, now(), CASE WHEN n % 2 = 0 THEN 'in' ELSE 'out' END,
        CASE WHEN n % 2 = 0 THEN 'CALL' ELSE 'CALLRESULT' END, 'Heartbeat',
        gen_random_uuid()::text,
        CASE WHEN n % 2 = 0 THEN '{}' ELSE '{"currentTime":"2026-11-22T12:00:00.000Z"}' END
      FROM generate_series(1, ${FRAMES_MEASURED}::int) AS n`;
  return (await bytesOf(sql, "frame_log") - before) / FRAMES_MEASURED;
}
