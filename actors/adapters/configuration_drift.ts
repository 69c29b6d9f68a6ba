import type { Sql } from "postgres";
import type { Drift } from "#actors/charger/configuration.ts";
import {
  compareConfiguration,
  type ConfigurationTemplate,
  type ConfiguredStation,
  driftOf,
  intendedFor,
  type IntendedVariable,
} from "#actors/domain/configuration.ts";
import { knownVariables, variableBlocks } from "#actors/domain/device_model.ts";
import { attributeKey, spokenName } from "#schemas/device_variable.ts";
import type { StationItem } from "#schemas/station_items.ts";

/** An alert's text is short. */
const NAMES_MAX = 3;
/** More templates are no one's need; see `api/queries/configuration_rows.ts`. */
const TEMPLATES_MAX = 1_000;
const NO_DRIFT: Drift = { count: 0, names: [] };

/** The input `configurationDrift` of charger steps: how the station differs from what is intended. */
export function configurationDrift(
  sql: Sql,
): (tenant: string, request: unknown) => Promise<Drift> {
  return async (tenant, request) => {
    const { stationId } = request as { readonly stationId: string };
    const templates = await sql<ConfigurationTemplate[]>`
      SELECT id, match, protocol, variables FROM configuration_templates
        WHERE tenant = ${tenant} ORDER BY id LIMIT ${TEMPLATES_MAX}`;
    const [own] = await sql<{ variables: readonly IntendedVariable[] }[]>`
      SELECT body->'variables' AS variables FROM station_items
        WHERE tenant = ${tenant} AND station_id = ${stationId}
          AND block = 'intended-configuration' AND key = 'own'`;
    if (templates.length === 0 && own === undefined) return NO_DRIFT;
    const [station] = await sql<ConfiguredStation[]>`
      SELECT vendor, model, firmware_version AS "firmwareVersion", tags, protocol
        FROM stations WHERE tenant = ${tenant} AND id = ${stationId}`;
    if (station === undefined) return NO_DRIFT;
    const fitting = templates.map(({ protocol, ...template }) =>
      (protocol ?? null) === null ? template : { ...template, protocol }
    );
    const intended = intendedFor(station, fitting, own?.variables ?? []);
    if (intended.length === 0) return NO_DRIFT;
    const items = await sql<StationItem[]>`
      SELECT block, key, body FROM station_items
        WHERE tenant = ${tenant} AND station_id = ${stationId}
          AND block = ANY(${[...variableBlocks]})
          AND (block = 'inventory' OR key = ANY(${intended.map(attributeKey)}))`;
    const drifting = driftOf(compareConfiguration(intended, knownVariables(items)));
    return { count: drifting.length, names: drifting.slice(0, NAMES_MAX).map(spokenName) };
  };
}
