import type { Sql } from "postgres";
import type { Bus } from "#engine/ports/bus.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import type { LoggedFrame } from "#schemas/events/gateway.ts";

/**
 * Frames that may wait for the database; older ones give way (design 4: the log is best effort).
 */
const WAITING_MAX = 5_000;

/**
 * Stores the frames that have no journal row (heartbeats, errors, unreadable ones), as gateways
 * tell them.
 */
export function keepFrameLog(
  sql: Sql,
  bus: Bus,
  { telemetry, isOurs }: { readonly telemetry: Telemetry; readonly isOurs: () => boolean },
): () => void {
  const dropped = telemetry.counter("statewatt_log_frames_dropped_total", "Frames not logged");
  let waiting: LoggedFrame[] = [];
  let isWriting = false;
  const write = async (): Promise<void> => {
    isWriting = true;
    while (waiting.length > 0) {
      const frames = waiting;
      waiting = [];
      // deno-lint-ignore no-await-in-loop -- what comes meanwhile is the next insert.
      await insertFrames(sql, frames).catch((error) => {
        dropped.add(frames.length);
        telemetry.log("warn", "frames could not be logged", { error: String(error) });
      });
    }
    isWriting = false;
  };
  return bus.listen("log.frames", (text) => {
    if (!isOurs()) return undefined;
    waiting.push(...JSON.parse(text) as LoggedFrame[]);
    const surplus = waiting.length - WAITING_MAX;
    if (surplus > 0) {
      waiting.splice(0, surplus);
      dropped.add(surplus);
    }
    if (!isWriting) void write();
    return undefined;
  });
}

async function insertFrames(sql: Sql, frames: readonly LoggedFrame[]): Promise<void> {
  // An unreadable frame may hold what Postgres refuses as text.
  const text = JSON.stringify(frames.map((frame) => ({
    ...frame,
    payload: frame.payload?.replaceAll("\u0000", "\\u0000").toWellFormed() ?? null,
  })));
  await sql`
    INSERT INTO frame_log (tenant, station_id, at, direction, message_type, action, message_id,
        payload)
      SELECT tenant, "stationId", to_timestamp(at / 1000.0), direction, "messageType", action,
        "messageId", payload
      FROM json_to_recordset(${text}::text::json) AS f(tenant text, "stationId" text,
        at double precision, direction text, "messageType" text, action text, "messageId" text,
        payload text)`;
}
