/** What is told of all sessions and stations together; every worker tells the same. */
import type { Sql } from "postgres";
import type { Clock } from "#engine/ports/clock.ts";
import type { Telemetry } from "#engine/telemetry.ts";

/** Dashboards are read by the minute. */
const EVERY_MS = 60_000;

/** Seconds: what alerts begin at (60) lies between two bounds. */
const offsetBuckets = [-3_600, -300, -60, -10, -1, 1, 10, 60, 300, 3_600];

/** Counts what the tables say, at once and then every minute, until the answer is called. */
export function watchSessions(sql: Sql, clock: Clock, telemetry: Telemetry): () => void {
  const gaps = telemetry.gauge(
    "statewatt_sessions_with_gaps",
    "Sessions of which messages are missing for ever, of the whole platform",
  );
  let stop = (): void => {};
  let isStopped = false;
  const look = async (): Promise<void> => {
    try {
      const [row] =
        await sql`SELECT count(*)::integer AS n FROM sessions WHERE 'gaps' = ANY(flags)`;
      gaps.set(Number(row?.["n"]));
    } catch (error) {
      telemetry.log("debug", "sessions were not counted", { error: String(error) });
    }
    if (!isStopped) stop = clock.schedule(EVERY_MS, () => void look());
  };
  void look();
  return () => {
    isStopped = true;
    stop();
  };
}

/** Takes the time of a message's newest reading, by the station, and of its arrival, ms. */
export function clockOffsets(telemetry: Telemetry): (stationAt: number, at: number) => void {
  const offsets = telemetry.histogram(
    "statewatt_station_clock_offset_seconds",
    "Newest reading of a meter message minus its arrival: above 0 the station's clock is ahead, " +
      "far below it is behind or the message had waited",
    offsetBuckets,
  );
  return (stationAt, at) => offsets.observe((stationAt - at) / 1_000);
}
