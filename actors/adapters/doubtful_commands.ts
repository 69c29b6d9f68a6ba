import type { Sql } from "postgres";
import { inTime } from "#engine/in_time.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { DoubtfulCommand, DoubtfulCommands } from "../command_operations.ts";

const WAIT_MS = 5_000;

/** Commands in the read model whose outcome nobody knows, of all tenants. */
export function postgresDoubtfulCommands(sql: Sql, clock: Clock): DoubtfulCommands {
  const columns = sql`tenant, id, station_id AS "stationId", kind, action, status, request,
    to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS "createdAt"`;
  return {
    list: (limit) =>
      inTime(
        clock,
        WAIT_MS,
        sql<DoubtfulCommand[]>`SELECT ${columns} FROM commands WHERE status = 'unknown'
          ORDER BY updated_at DESC LIMIT ${limit}`,
      ),
    find: async (tenant, id) => {
      const [row] = await inTime(
        clock,
        WAIT_MS,
        sql<
          DoubtfulCommand[]
        >`SELECT ${columns} FROM commands WHERE tenant = ${tenant} AND id = ${id}`,
      );
      return row;
    },
    settle: async ({ tenant, id }, status, error) => {
      const text = error === undefined ? null : JSON.stringify(error);
      const { count } = await inTime(
        clock,
        WAIT_MS,
        sql`UPDATE commands SET status = ${status}, updated_at = now(),
            error = coalesce(${text}::text::json, error)
          WHERE tenant = ${tenant} AND id = ${id} AND status = 'unknown'`,
      );
      return count > 0;
    },
  };
}
