/**
 * Carries campaigns out: looks at each open one every second, and asks the actors of the stations
 * whose turn it is. What is to be asked stands in the table before, under an id that follows from
 * campaign, station and step: a kill at any moment, or two workers at once, send nothing twice.
 */
import type { Sql } from "postgres";
import { inTime } from "#engine/in_time.ts";
import type { Actors } from "#engine/ports/actors.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import { stationKey } from "#schemas/address.ts";
import { errorKinds, toPlatformError } from "#schemas/errors.ts";
import type { CommandKind, CommandRequest } from "#schemas/events/charger.ts";

const EVERY_MS = 1_000;
/** Longer than any of these statements takes; a dead connection never answers. */
const STATEMENT_MS = 10_000;
const CAMPAIGNS_MAX = 50;
/** Commands of one campaign that one look asks for. */
const ORDERS_MAX = 500;
const LANES = 50;
/** How long a station has for its answer. */
const TIMEOUT_MS = 30_000;

export interface CampaignParts {
  readonly sql: Sql;
  readonly actors: Actors;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Whether this worker carries them out now. */
  readonly isOurs: () => boolean;
}

interface Open {
  readonly tenant: string;
  readonly id: string;
}

/** What a look reads by key. */
const tables = ["campaign_stations", "commands", "stations"];
/** A table that was so changed is described anew: ten thousand rows that are taken for one. */
const CHANGED_MIN = 1_000;
/** One row in so many. */
const CHANGED_PART = 10;

interface Order {
  readonly stationId: string;
  readonly commandId: string;
  readonly kind: CommandKind;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Looks until the returned function is called. What fails is tried again by the next look. */
export function keepCampaigns(parts: CampaignParts): () => void {
  const { clock, telemetry, isOurs } = parts;
  let cancel = (): void => {};
  let isStopped = false;
  const seen = new Set<string>();
  const look = async (): Promise<void> => {
    try {
      if (isOurs()) await lookAtCampaigns(parts, seen);
      else seen.clear();
    } catch (error) {
      if (!isStopped) telemetry.log("warn", "campaigns have to wait", { error: String(error) });
    }
    if (!isStopped) cancel = clock.schedule(EVERY_MS, () => void look());
  };
  cancel = clock.schedule(EVERY_MS, () => void look());
  return () => {
    isStopped = true;
    cancel();
  };
}

/**
 * One look at all that are open. Repeatable at any moment, also by several at once. `seen` holds
 * those of the looks before.
 */
export async function lookAtCampaigns(parts: CampaignParts, seen: Set<string>): Promise<void> {
  const { sql, clock } = parts;
  // One that is halted is looked at while commands of it are under way.
  const open = await inTime(
    clock,
    STATEMENT_MS,
    sql<Open[]>`SELECT tenant, id FROM campaigns c
      WHERE status = 'running' OR status <> 'done' AND EXISTS (SELECT FROM campaign_stations s
        WHERE s.tenant = c.tenant AND s.campaign_id = c.id AND s.state = 'running'
          AND s.command_id IS NOT NULL)
      ORDER BY updated_at DESC LIMIT ${CAMPAIGNS_MAX}`,
  );
  if (open.length > 0) await describeTables(parts, open.some(({ id }) => !seen.has(id)));
  seen.clear();
  for (const { id } of open) seen.add(id);
  for (const campaign of open) {
    // deno-lint-ignore no-await-in-loop -- the lanes of one are load enough
    await lookAt(parts, campaign);
  }
}

/**
 * The database's own upkeep looks at tables once a minute. A campaign, or a fleet, that came since
 * then would be looked through row by row for each row.
 */
async function describeTables({ sql, clock }: CampaignParts, isNew: boolean): Promise<void> {
  const changed = await inTime(
    clock,
    STATEMENT_MS,
    sql<{ name: string }[]>`SELECT relname AS name FROM pg_stat_user_tables
      WHERE schemaname = current_schema() AND relname = ANY(${tables})
        AND n_mod_since_analyze > ${CHANGED_MIN} + n_live_tup / ${CHANGED_PART}`,
  );
  const names = new Set(changed.map(({ name }) => name));
  if (isNew) names.add("campaign_stations").add("stations");
  for (const name of names) {
    // deno-lint-ignore no-await-in-loop -- one table after the other
    await inTime(clock, STATEMENT_MS, sql`ANALYZE (SKIP_LOCKED) ${sql(name)}`);
  }
}

async function lookAt(parts: CampaignParts, { tenant, id }: Open): Promise<void> {
  const { sql, clock } = parts;
  const now = new Date(clock.now()).toISOString();
  const orders = await inTime(
    clock,
    STATEMENT_MS,
    sql<Order[]>`
      SELECT station_id AS "stationId", command_id AS "commandId", kind, body
        FROM tick_campaign(${tenant}, ${id}, ${now}, ${ORDERS_MAX})`,
  );
  const waiting = [...orders];
  const lane = async (): Promise<void> => {
    for (let order = waiting.shift(); order !== undefined; order = waiting.shift()) {
      // deno-lint-ignore no-await-in-loop -- one after the other in each lane
      await command(parts, { tenant, id }, order);
    }
  };
  await Promise.all(Array.from({ length: Math.min(LANES, orders.length) }, lane));
}

/** Asks the station's actor. A refusal that no repeat changes is what became of the station. */
async function command(parts: CampaignParts, campaign: Open, order: Order): Promise<void> {
  const { sql, actors, clock, telemetry } = parts;
  const { stationId, commandId, kind, body } = order;
  const request: CommandRequest = {
    ...{ id: commandId, kind, body, batchId: campaign.id },
    ...{ timeoutMs: TIMEOUT_MS, queueMs: 0 },
  };
  const to = { tenant: campaign.tenant, kind: "charger", key: stationKey(stationId) };
  // Asked once more it is another question; the actor knows the command by its id.
  const cause = `campaign/${commandId}/${clock.now()}`;
  try {
    await actors.ask(to, { type: "command.request", cause }, JSON.stringify(request));
  } catch (thrown) {
    const error = toPlatformError(thrown);
    if (errorKinds[error.kind].retry === "later") {
      telemetry.log("debug", "a station of a campaign is asked again", { stationId, error });
      return;
    }
    const now = new Date(clock.now()).toISOString();
    await inTime(
      clock,
      STATEMENT_MS,
      sql`UPDATE campaign_stations SET state = 'failed', detail = ${error.message},
          updated_at = ${now}
        WHERE tenant = ${campaign.tenant} AND campaign_id = ${campaign.id}
          AND station_id = ${stationId} AND command_id = ${commandId} AND state = 'running'
          AND NOT EXISTS (SELECT FROM commands m
            WHERE m.tenant = ${campaign.tenant} AND m.id = ${commandId})`,
    );
  }
}
