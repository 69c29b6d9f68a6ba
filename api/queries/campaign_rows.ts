import { PlatformError } from "#schemas/errors.ts";
import type { CommandStatus } from "#schemas/events/charger.ts";
import type {
  Campaign,
  CampaignAction,
  CampaignCreate,
  CampaignQuery,
  CampaignStation,
  CampaignStationQuery,
} from "#schemas/rest/campaign.ts";
import { Conditions } from "../conditions.ts";
import { pageOf } from "../paging.ts";
import type { Rows } from "../ports/rows.ts";
import type { Page } from "../reply.ts";
import { shownInstant } from "../shown_instant.ts";

interface CampaignRow {
  readonly id: string;
  readonly name: string;
  readonly status: Campaign["status"];
  readonly reason: string | null;
  readonly steps: Campaign["steps"];
  readonly ratePerMinute: number | null;
  readonly maxAtOnce: number;
  readonly sharePerLocation: number | null;
  readonly stopShare: number | null;
  readonly stopAfter: number;
  readonly awayHours: number;
  readonly waitsUntil: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly finishedAt: string | null;
  readonly waiting: number;
  readonly running: number;
  readonly done: number;
  readonly failed: number;
}

const columns = `id, name, status, reason, steps, rate_per_minute, max_at_once, share_per_location,
  stop_share, stop_after, away_hours, waits_until, created_at, updated_at, finished_at,
  coalesce(waiting, 0) AS waiting, coalesce(running, 0) AS running, coalesce(done, 0) AS done,
  coalesce(failed, 0) AS failed`;
const counted = `campaigns c CROSS JOIN LATERAL (SELECT
    count(*) FILTER (WHERE s.state = 'waiting')::integer AS waiting,
    count(*) FILTER (WHERE s.state = 'running')::integer AS running,
    count(*) FILTER (WHERE s.state = 'done')::integer AS done,
    count(*) FILTER (WHERE s.state = 'failed')::integer AS failed
  FROM campaign_stations s WHERE s.tenant = c.tenant AND s.campaign_id = c.id) AS counts`;

export interface NewCampaign {
  readonly id: string;
  readonly create: CampaignCreate;
  readonly stationIds: readonly string[];
  readonly now: string;
}

/** Writes the campaign down, to begin at once; a repeat leaves the first as it is. */
export async function insertCampaign(
  rows: Rows,
  tenant: string,
  { id, create, stationIds, now }: NewCampaign,
): Promise<void> {
  const inserted = await rows.all(
    `INSERT INTO campaigns (tenant, id, name, status, steps, rate_per_minute, max_at_once,
        share_per_location, stop_share, stop_after, away_hours, waits_until, next_at, created_at,
        updated_at)
      VALUES ($1, $2, $3, 'running', $4::text::json, $5, $6, $7, $8, $9, $10::text::float8,
        $11::text::timestamptz + $10::text::float8 * interval '1 hour', $11::text::timestamptz,
        $11::text::timestamptz, $11::text::timestamptz)
      ON CONFLICT DO NOTHING RETURNING 1`,
    [
      tenant,
      id,
      create.name,
      JSON.stringify(create.steps),
      create.ratePerMinute ?? null,
      create.maxAtOnce,
      create.sharePerLocation ?? null,
      create.stopOnFailureShare ?? null,
      create.stopAfter,
      String(create.waitForAwayHours),
      now,
    ],
  );
  if (inserted.length === 0) return;
  const share = create.sharePerLocation ?? null;
  await rows.all(
    `WITH places AS MATERIALIZED (
      SELECT location_id, greatest(1, floor(count(*) * $5::text::float8))::integer AS room
        FROM stations WHERE location_id IS NOT NULL AND $5::text IS NOT NULL GROUP BY location_id)
    INSERT INTO campaign_stations
        (tenant, campaign_id, station_id, ordinal, updated_at, location_id, room)
      SELECT $1, $2, g.id, g.n, $4::text::timestamptz, t.location_id, p.room
        FROM unnest($3::text[]) WITH ORDINALITY AS g(id, n)
          LEFT JOIN stations t ON t.id = g.id
          LEFT JOIN places p ON p.location_id = t.location_id`,
    [tenant, id, stationIds, now, share === null ? null : String(share)],
  );
}

export async function findCampaign(rows: Rows, id: string): Promise<Campaign | undefined> {
  const [row] = await rows.all<CampaignRow>(
    `SELECT ${columns} FROM ${counted} WHERE id = $1`,
    [id],
  );
  return row === undefined ? undefined : toCampaign(row);
}

export function listCampaigns(rows: Rows, query: CampaignQuery): Promise<Page<Campaign>> {
  const where = new Conditions().addIf(query.status, "status = ?");
  return pageOf(rows, query, {
    select: columns,
    from: counted,
    where,
    order: [{ name: "created_at", type: "timestamptz" }, { name: "id", type: "text" }],
  }, toCampaign);
}

interface Change {
  /** In which it means something; in `already` there is nothing to do. */
  readonly from: readonly Campaign["status"][];
  readonly already: readonly Campaign["status"][];
  readonly set: string;
}

const goesOn = `status = 'running', reason = NULL, finished_at = NULL,
  waits_until = $2::text::timestamptz + away_hours * interval '1 hour'`;
const changes: Readonly<Record<CampaignAction, Change>> = {
  "pause": { from: ["running"], already: ["paused"], set: "status = 'paused'" },
  "resume": { from: ["paused"], already: ["running"], set: goesOn },
  "stop": {
    from: ["running", "paused"],
    already: ["stopped"],
    set: `status = 'stopped', reason = 'An operator stopped it',
      finished_at = $2::text::timestamptz`,
  },
  "retry-failed": { from: ["running", "paused", "stopped", "done"], already: [], set: goesOn },
};

/**
 * What an operator does to a campaign; undefined = there is none.
 * @throws {PlatformError} "conflict" when its status forbids it.
 */
export async function changeCampaign(
  rows: Rows,
  { id, action, now }: { readonly id: string; readonly action: CampaignAction; now: string },
): Promise<Campaign | undefined> {
  // Waits for the worker's look, which counts and changes the status.
  const [locked] = await rows.all<{ readonly status: Campaign["status"] }>(
    "SELECT status FROM campaigns WHERE id = $1 FOR UPDATE",
    [id],
  );
  if (locked === undefined) return undefined;
  const { from, already, set } = changes[action];
  if (already.includes(locked.status)) return await findCampaign(rows, id);
  if (!from.includes(locked.status)) {
    throw new PlatformError("conflict", `Cannot ${action} the campaign: it is ${locked.status}`);
  }
  if (action === "retry-failed") await retryFailed(rows, id, now);
  await rows.all(
    `UPDATE campaigns SET ${set}, updated_at = $2::text::timestamptz WHERE id = $1`,
    [id, now],
  );
  return await findCampaign(rows, id);
}

/** Each goes on at the step that failed, by another command. */
async function retryFailed(rows: Rows, id: string, now: string): Promise<void> {
  const retried = await rows.all(
    `UPDATE campaign_stations SET state = 'waiting', attempt = attempt + 1, command_id = NULL,
        is_silent = false, detail = NULL, updated_at = $2::text::timestamptz
      WHERE campaign_id = $1 AND state = 'failed' RETURNING 1`,
    [id, now],
  );
  if (retried.length > 0) return;
  throw new PlatformError("conflict", "Cannot retry: no station of the campaign has failed");
}

function toCampaign(row: CampaignRow): Campaign {
  const { waiting, running, done, failed } = row;
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    ...(row.reason === null ? {} : { reason: row.reason }),
    steps: row.steps,
    ratePerMinute: row.ratePerMinute,
    maxAtOnce: row.maxAtOnce,
    sharePerLocation: row.sharePerLocation,
    stopOnFailureShare: row.stopShare,
    stopAfter: row.stopAfter,
    waitForAwayHours: row.awayHours,
    waitsUntil: shownInstant(row.waitsUntil),
    progress: { total: waiting + running + done + failed, waiting, running, done, failed },
    createdAt: shownInstant(row.createdAt),
    updatedAt: shownInstant(row.updatedAt),
    ...(row.finishedAt === null ? {} : { finishedAt: shownInstant(row.finishedAt) }),
  };
}

interface StationRow {
  readonly stationId: string;
  readonly state: CampaignStation["state"];
  readonly step: number;
  readonly connected: boolean | null;
  readonly detail: string | null;
  readonly commandId: string | null;
  readonly commandStatus: CommandStatus | null;
  readonly response: unknown;
  readonly error: unknown;
  readonly changedAt: string;
}

/** The stations of a campaign in the order in which they were chosen. */
export function listCampaignStations(
  rows: Rows,
  id: string,
  query: CampaignStationQuery,
): Promise<Page<CampaignStation>> {
  const where = new Conditions().add("s.campaign_id = ?", id).addIf(query.state, "s.state = ?");
  return pageOf(rows, query, {
    select: `s.station_id, s.state, s.step, t.connected, s.detail, m.id AS command_id,
      m.status AS command_status, m.response, m.error, s.updated_at AS changed_at`,
    from: `campaign_stations s
      LEFT JOIN stations t ON t.tenant = s.tenant AND t.id = s.station_id
      LEFT JOIN commands m ON m.tenant = s.tenant AND m.id = s.command_id`,
    where,
    order: [{ name: "s.ordinal", type: "bigint" }, { name: "s.station_id", type: "text" }],
  }, toStation);
}

function toStation(row: StationRow): CampaignStation {
  const { stationId, state, detail, commandId, commandStatus, response, error } = row;
  return {
    stationId,
    state,
    stepsDone: row.step,
    isConnected: row.connected === true,
    ...(detail === null ? {} : { detail }),
    ...(commandId === null || commandStatus === null ? {} : {
      command: {
        id: commandId,
        status: shownStatus(commandStatus),
        ...(response === null ? {} : { response }),
        ...(error === null ? {} : { error }),
      },
    }),
    updatedAt: shownInstant(row.changedAt),
  };
}

/** As commands are shown: what is unknown was sent. */
function shownStatus(status: CommandStatus): NonNullable<CampaignStation["command"]>["status"] {
  if (status === "unknown") return "sent";
  return status === "answered" ? "accepted" : status;
}
