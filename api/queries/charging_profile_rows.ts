import type { StationSession } from "#actors/domain/station_profiles.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { ChargingProfileTemplate } from "#schemas/rest/charging_profile.ts";
import type { ListQuery } from "#schemas/rest/shape.ts";
import type { StationItem } from "#schemas/station_items.ts";
import { Conditions } from "../conditions.ts";
import { pageOf } from "../paging.ts";
import type { Rows, SqlValue } from "../ports/rows.ts";
import type { Page } from "../reply.ts";
import { shownInstant } from "../shown_instant.ts";

type Json = Readonly<Record<string, unknown>>;

interface TemplateRow {
  readonly id: number;
  readonly description: string;
  readonly chargingProfile: Json;
  readonly createdAt: string;
}

export type TemplateContent = Pick<
  ChargingProfileTemplate,
  "id" | "description" | "chargingProfile"
>;

const columns = "id, description, charging_profile, created_at";

export async function findTemplate(
  rows: Rows,
  id: number,
): Promise<ChargingProfileTemplate | undefined> {
  const [row] = await rows.all<TemplateRow>(
    `SELECT ${columns} FROM charging_profiles WHERE id = $1`,
    [id],
  );
  return row === undefined ? undefined : toTemplate(row);
}

export function listTemplates(
  rows: Rows,
  query: ListQuery,
): Promise<Page<ChargingProfileTemplate>> {
  return pageOf(rows, query, {
    select: columns,
    from: "charging_profiles",
    where: new Conditions(),
    order: [{ name: "created_at", type: "timestamptz" }, { name: "id", type: "bigint" }],
  }, toTemplate);
}

/** Undefined when the id exists already. */
export async function insertTemplate(
  rows: Rows,
  tenant: string,
  template: TemplateContent,
): Promise<ChargingProfileTemplate | undefined> {
  const [row] = await rows.all<TemplateRow>(
    `INSERT INTO charging_profiles (tenant, id, description, charging_profile)
      VALUES ($1, $2, $3, $4::text::jsonb) ON CONFLICT DO NOTHING RETURNING ${columns}`,
    values(tenant, template),
  );
  return row === undefined ? undefined : toTemplate(row);
}

/** The lowest number above all that are used. */
export async function nextTemplateId(rows: Rows): Promise<number> {
  const [row] = await rows.all<{ next: number }>(
    "SELECT coalesce(max(id), 0) + 1 AS next FROM charging_profiles",
  );
  return row?.next ?? 1;
}

export async function replaceTemplate(
  rows: Rows,
  tenant: string,
  template: TemplateContent,
): Promise<{ readonly isNew: boolean; readonly template: ChargingProfileTemplate }> {
  const [row] = await rows.all<TemplateRow & { isNew: boolean }>(
    `INSERT INTO charging_profiles (tenant, id, description, charging_profile)
      VALUES ($1, $2, $3, $4::text::jsonb)
      ON CONFLICT (tenant, id) DO UPDATE SET description = excluded.description,
        charging_profile = excluded.charging_profile
      RETURNING ${columns}, xmax = 0 AS is_new`,
    values(tenant, template),
  );
  if (row === undefined) throw new TypeError("Cannot replace the template: nothing came back");
  return { isNew: row.isNew, template: toTemplate(row) };
}

/** @throws {PlatformError} "not-found". */
export async function deleteTemplate(rows: Rows, id: number): Promise<void> {
  const deleted = await rows.all("DELETE FROM charging_profiles WHERE id = $1 RETURNING 1", [id]);
  if (deleted.length === 0) throw noTemplate(id);
}

export function noTemplate(id: number): PlatformError {
  return new PlatformError("not-found", `Cannot find charging profile ${id}: it does not exist`);
}

function values(tenant: string, { id, description, chargingProfile }: TemplateContent): SqlValue[] {
  return [tenant, id, description, JSON.stringify(chargingProfile)];
}

function toTemplate(row: TemplateRow): ChargingProfileTemplate {
  const { id, description, chargingProfile } = row;
  return { id, description, chargingProfile, createdAt: shownInstant(row.createdAt) };
}

/** A command that sets a profile and of which the station's items may not tell yet. */
export interface ProfileCommand {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly request: Json;
  /** Milliseconds since the epoch. */
  readonly createdMs: number;
}

/** All that is known of a station's charging profiles. */
export interface StationProfileFacts {
  readonly items: readonly StationItem[];
  readonly sessions: readonly StationSession[];
  readonly evseIds: readonly number[];
  /** Newest first. */
  readonly commands: readonly ProfileCommand[];
}

const ITEMS_MAX = 5_000;
const COMMANDS_MAX = 100;
const profileBlocks = [
  "charging-profile",
  "reported-profile",
  "charging-limit",
  "composite-schedule",
];

interface SessionRow {
  readonly id: string;
  readonly transactionId: string;
  readonly evseId: number | null;
  readonly tokenUid: string | null;
  readonly startedMs: number;
}

/** Undefined when there is no such station. */
export async function stationProfileFacts(
  rows: Rows,
  stationId: string,
): Promise<StationProfileFacts | undefined> {
  const [station] = await rows.all<{ evses: readonly { readonly evseId: number }[] }>(
    "SELECT evses FROM stations WHERE id = $1",
    [stationId],
  );
  if (station === undefined) return undefined;
  const items = await rows.all<StationItem>(
    `SELECT block, key, body FROM station_items WHERE station_id = $1 AND block = ANY($2)
      ORDER BY block, key LIMIT ${ITEMS_MAX}`,
    [stationId, profileBlocks],
  );
  const sessions = await rows.all<SessionRow>(
    `SELECT id, transaction_id, evse_id, token_uid,
        extract(epoch FROM started_at)::float8 * 1000 AS started_ms
      FROM sessions WHERE station_id = $1 AND status = 'open'
      ORDER BY started_at DESC LIMIT ${COMMANDS_MAX}`,
    [stationId],
  );
  const commands = await rows.all<ProfileCommand>(
    `SELECT id, kind, status, request, extract(epoch FROM created_at)::float8 * 1000 AS created_ms
      FROM commands WHERE station_id = $1
        AND (kind = 'set-charging-profile' OR action = 'SetChargingProfile')
      ORDER BY created_at DESC LIMIT ${COMMANDS_MAX}`,
    [stationId],
  );
  const evseIds = station.evses.map(({ evseId }) => evseId).filter((evseId) => evseId > 0);
  return { items, evseIds, commands, sessions: sessions.map(toSession) };
}

function toSession({ id, startedMs, ...session }: SessionRow): StationSession {
  return { ...session, n: Number(id.slice(id.lastIndexOf("~") + 1)), startedAt: startedMs };
}
