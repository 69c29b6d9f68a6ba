import type { JournalTransaction } from "#engine/adapters/postgres_journal.ts";
import { itemId, type StationItem } from "#schemas/station_items.ts";
import type { ItemSize, ItemStore, ReportedMessage } from "../ports/item_store.ts";

/** Items of one block of a station; more is no one's need. */
const ITEMS_MAX = 20_000;

/** The items and events of the station that sent `message`, written within `sql`. */
export function postgresItemStore(sql: JournalTransaction, message: ReportedMessage): ItemStore {
  const { tenant, stationId, stationKey, at, shard, seq } = message;
  let events = 0;
  return {
    read: async (block, keyPrefix = "") =>
      await sql<StationItem[]>`
        SELECT block, key, body FROM station_items
          WHERE tenant = ${tenant} AND station_id = ${stationId} AND block = ${block}
            AND starts_with(key, ${keyPrefix})
          ORDER BY key LIMIT ${ITEMS_MAX}`,
    find: async (block, keys) =>
      await sql<StationItem[]>`
        SELECT block, key, body FROM station_items
          WHERE tenant = ${tenant} AND station_id = ${stationId} AND block = ${block}
            AND key = ANY(${[...keys]})
          ORDER BY key`,
    size: async (block, keyPrefix) => {
      const [row] = await sql<ItemSize[]>`
        SELECT count(*)::int AS count, coalesce(sum(pg_column_size(body)), 0)::float8 AS bytes
          FROM station_items
          WHERE tenant = ${tenant} AND station_id = ${stationId} AND block = ${block}
            AND starts_with(key, ${keyPrefix})`;
      return row ?? { count: 0, bytes: 0 };
    },
    put: async (items) => {
      if (items.length === 0) return;
      // Of equal keys the last one counts; one statement may not write a row twice.
      const byId = new Map(items.map((item) => [itemId(stationKey, item.block, item.key), item]));
      const rows = [...byId].map(([id, item]) => ({ ...item, id }));
      await sql`
        INSERT INTO station_items (tenant, id, station_id, block, key, body, created_at, updated_at)
          SELECT ${tenant}, i.id, ${stationId}, i.block, i.key, i.body,
            to_timestamp(${at}::float8 / 1000), to_timestamp(${at}::float8 / 1000)
          FROM json_to_recordset(${JSON.stringify(rows)}::text::json)
            AS i(id text, block text, key text, body jsonb)
          ON CONFLICT (tenant, id) DO UPDATE SET body = excluded.body,
            updated_at = excluded.updated_at`;
    },
    remove: async (block, keyPrefix) => {
      await sql`DELETE FROM station_items WHERE tenant = ${tenant} AND station_id = ${stationId}
        AND block = ${block} AND starts_with(key, ${keyPrefix})`;
    },
    drop: async (block, keys) => {
      await sql`DELETE FROM station_items WHERE tenant = ${tenant} AND station_id = ${stationId}
        AND block = ${block} AND key = ANY(${[...keys]})`;
    },
    addEvents: async (reported) => {
      if (reported.length === 0) return;
      const rows = reported.map((event) => ({ ...event, id: `${shard}-${seq}-${events++}` }));
      await sql`
        INSERT INTO station_events (tenant, id, station_id, kind, at, received_at, body)
          SELECT ${tenant}, e.id, ${stationId}, e.kind, to_timestamp(e.at / 1000),
            to_timestamp(${at}::float8 / 1000), e.body
          FROM json_to_recordset(${JSON.stringify(rows)}::text::json)
            AS e(id text, kind text, at float8, body jsonb)
          ON CONFLICT (tenant, id) DO NOTHING`;
    },
  };
}
