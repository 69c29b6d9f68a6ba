/** SQL of configuration templates, and of what one station is to be configured as. */
import {
  compareConfiguration,
  type ConfigurationItem,
  type ConfiguredStation,
  intendedFor,
  type IntendedVariable,
} from "#actors/domain/configuration.ts";
import { knownVariables, variableBlocks } from "#actors/domain/device_model.ts";
import { stationKey } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import { formatInstant } from "#schemas/instant.ts";
import type { ConfigurationTemplate, StationConfiguration } from "#schemas/rest/device_model.ts";
import type { ListQuery } from "#schemas/rest/shape.ts";
import { itemId } from "#schemas/station_items.ts";
import { Conditions } from "../conditions.ts";
import { pageOf } from "../paging.ts";
import type { Rows } from "../ports/rows.ts";
import type { Page } from "../reply.ts";
import { findItems, toLastSet } from "./variable_rows.ts";

/** Each station is compared with all of them. */
export const TEMPLATES_MAX = 1_000;

interface TemplateRow extends Omit<ConfigurationTemplate, "protocol"> {
  readonly protocol: ConfigurationTemplate["protocol"] | null;
}

const columns = "id, description, match, protocol, variables";

export async function findTemplate(
  rows: Rows,
  id: string,
): Promise<ConfigurationTemplate | undefined> {
  const [row] = await rows.all<TemplateRow>(
    `SELECT ${columns} FROM configuration_templates WHERE id = $1`,
    [id],
  );
  return row === undefined ? undefined : toTemplate(row);
}

export function listTemplates(
  rows: Rows,
  query: ListQuery,
): Promise<Page<ConfigurationTemplate>> {
  return pageOf(rows, query, {
    select: columns,
    from: "configuration_templates",
    where: new Conditions(),
    order: [{ name: "created_at", type: "timestamptz" }, { name: "id", type: "text" }],
  }, toTemplate);
}

/**
 * Creates or replaces; true when it was new.
 *
 * @throws {PlatformError} "conflict" when there are too many.
 */
export async function writeTemplate(
  rows: Rows,
  tenant: string,
  template: ConfigurationTemplate,
): Promise<boolean> {
  const { id, description, match, protocol, variables } = template;
  const [written] = await rows.all<{ isNew: boolean }>(
    `INSERT INTO configuration_templates (tenant, id, description, match, protocol, variables)
      VALUES ($1, $2, $3, $4::text::jsonb, $5, $6::text::json)
      ON CONFLICT (tenant, id) DO UPDATE SET description = excluded.description,
        match = excluded.match, protocol = excluded.protocol, variables = excluded.variables,
        updated_at = now()
      RETURNING xmax = 0 AS is_new`,
    [
      ...[tenant, id, description, JSON.stringify(match), protocol ?? null],
      JSON.stringify(variables),
    ],
  );
  const [counted] = await rows.all<{ count: number }>(
    "SELECT count(*)::int AS count FROM configuration_templates",
  );
  if ((counted?.count ?? 0) > TEMPLATES_MAX) {
    throw new PlatformError("conflict", `Cannot keep more than ${TEMPLATES_MAX} templates`);
  }
  return written?.isNew ?? false;
}

export async function deleteTemplate(rows: Rows, id: string): Promise<boolean> {
  const deleted = await rows.all(
    "DELETE FROM configuration_templates WHERE id = $1 RETURNING 1",
    [id],
  );
  return deleted.length > 0;
}

/** Stations that a template may be for, whatever their firmware. */
export async function stationsOfTemplate(
  rows: Rows,
  { match: { vendor, model, tag }, protocol }: Pick<ConfigurationTemplate, "match" | "protocol">,
  limit: number,
): Promise<readonly string[]> {
  const where = new Conditions()
    .addIf(vendor, "lower(vendor) = lower(?)")
    .addIf(model, "lower(model) = lower(?)")
    .addIf(tag, "? = ANY(tags)")
    .addIf(protocol, "protocol = ?");
  const found = await rows.all<{ id: string }>(
    `SELECT id FROM stations WHERE ${where.text} ORDER BY id LIMIT ${where.value(limit)}`,
    where.values,
  );
  return found.map(({ id }) => id);
}

export async function writeOwnConfiguration(
  rows: Rows,
  { tenant, stationId, variables }: {
    readonly tenant: string;
    readonly stationId: string;
    readonly variables: readonly IntendedVariable[];
  },
): Promise<void> {
  await rows.all(
    `INSERT INTO station_items (tenant, id, station_id, block, key, body, created_at, updated_at)
      VALUES ($1, $2, $3, 'intended-configuration', 'own', $4::text::jsonb, now(), now())
      ON CONFLICT (tenant, id) DO UPDATE SET body = excluded.body,
        updated_at = excluded.updated_at`,
    [
      tenant,
      itemId(stationKey(stationId), "intended-configuration", "own"),
      stationId,
      JSON.stringify({ variables }),
    ],
  );
}

export interface ComparedStation {
  readonly items: readonly ConfigurationItem[];
  readonly own: readonly IntendedVariable[];
}

/** @throws {PlatformError} "not-found" when there is no such station. */
export async function compareStation(rows: Rows, stationId: string): Promise<ComparedStation> {
  const [station] = await rows.all<ConfiguredStation>(
    "SELECT vendor, model, firmware_version, tags, protocol FROM stations WHERE id = $1",
    [stationId],
  );
  if (station === undefined) {
    throw new PlatformError("not-found", `Cannot find station ${stationId}: it does not exist`);
  }
  const templates = await rows.all<TemplateRow>(
    `SELECT ${columns} FROM configuration_templates ORDER BY id LIMIT ${TEMPLATES_MAX}`,
  );
  const [kept] = await rows.all<{ variables: readonly IntendedVariable[] }>(
    `SELECT body->'variables' AS variables FROM station_items
      WHERE station_id = $1 AND block = 'intended-configuration' AND key = 'own'`,
    [stationId],
  );
  const own = kept?.variables ?? [];
  const intended = intendedFor(station, templates.map(toTemplate), own);
  const known = knownVariables(await findItems(rows, stationId, variableBlocks));
  return { items: compareConfiguration(intended, known), own };
}

export function toConfiguration({ items, own }: ComparedStation): StationConfiguration {
  return {
    items: items.map(({ intended, known, state }) => {
      const { value, template, attribute, ...name } = intended;
      const reportedAt = known?.reportedAt ?? null;
      return {
        ...name,
        attribute: attribute ?? "Actual",
        intended: value,
        confirmed: known?.value ?? null,
        state,
        template,
        reportedAt: reportedAt === null ? null : formatInstant(reportedAt),
        set: toLastSet(known?.set ?? null),
      };
    }),
    variables: [...own],
  };
}

function toTemplate({ protocol, ...row }: TemplateRow): ConfigurationTemplate {
  return protocol === null || protocol === undefined ? row : { ...row, protocol };
}
