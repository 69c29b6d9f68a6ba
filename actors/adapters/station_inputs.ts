import type { Sql } from "postgres";
import type { StationInput, StationWish } from "#actors/charger/station_input.ts";
import type { StationItem } from "#schemas/station_items.ts";

/** More items of one station are no one's need; what lies beyond is not seen. */
const ITEMS_MAX = 5_000;

type CommandRow = StationInput["commands"][string] & { readonly id: string };

/**
 * The input `station` of charger steps: its own commands and items in the read model, as its
 * earlier commits left them.
 */
export function stationInputs(
  sql: Sql,
): (tenant: string, request: unknown) => Promise<StationInput> {
  return async (tenant, request) => {
    const { stationId, blocks } = request as StationWish;
    const [commands, items] = await Promise.all([
      commandsOf(sql, tenant, request as StationWish),
      blocks.length === 0 ? [] : sql<StationItem[]>`
        SELECT block, key, body FROM station_items
          WHERE tenant = ${tenant} AND station_id = ${stationId} AND block = ANY(${[...blocks]})
          ORDER BY block, key LIMIT ${ITEMS_MAX}`,
    ]);
    return {
      commands: Object.fromEntries(commands.map(({ id, ...command }) => [id, command])),
      items: [...items],
    };
  };
}

async function commandsOf(
  sql: Sql,
  tenant: string,
  { stationId, commandIds, part }: StationWish,
): Promise<readonly CommandRow[]> {
  if (commandIds.length === 0) return [];
  if (part === undefined) {
    return await sql<CommandRow[]>`
      SELECT id, request, calls, response FROM commands
        WHERE tenant = ${tenant} AND station_id = ${stationId} AND id = ANY(${[...commandIds]})`;
  }
  return await sql<CommandRow[]>`
    WITH answered AS MATERIALIZED (
      SELECT id, kind, request, calls, response FROM commands
        WHERE tenant = ${tenant} AND station_id = ${stationId} AND id = ANY(${[...commandIds]})
    )
    SELECT id, response,
      CASE WHEN kind = 'call' THEN request ELSE '{}' END AS request,
      CASE WHEN kind <> 'call' AND calls IS NOT NULL
        THEN json_build_array(calls->${part}::int, calls->(${part}::int + 1)) END AS calls,
      ${part}::int AS "from"
    FROM answered`;
}
