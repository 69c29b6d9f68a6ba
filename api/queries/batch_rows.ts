import type { CommandKind } from "#schemas/events/charger.ts";
import type { Command, CommandBatch } from "#schemas/rest/command.ts";
import type { Rows } from "../ports/rows.ts";
import { shownInstant } from "../shown_instant.ts";
import { commandsOfBatch } from "./command_rows.ts";

export interface BatchOrder {
  readonly id: string;
  readonly kind: CommandKind;
  readonly body: Readonly<Record<string, unknown>>;
  readonly stationIds: readonly string[];
}

interface BatchRow {
  readonly id: string;
  readonly kind: CommandKind;
  readonly body: Readonly<Record<string, unknown>>;
  readonly stationIds: string[];
  readonly refused: Readonly<Record<string, string>>;
  readonly createdAt: string;
}

/** Writes the batch down; a repeat leaves the first as it is. */
export async function insertBatch(rows: Rows, tenant: string, order: BatchOrder): Promise<void> {
  await rows.all(
    `INSERT INTO command_batches (tenant, id, kind, body, station_ids)
      VALUES ($1, $2, $3, $4::text::json, $5) ON CONFLICT DO NOTHING`,
    [tenant, order.id, order.kind, JSON.stringify(order.body), order.stationIds],
  );
}

/** Adds why stations got no command. */
export async function noteRefusals(
  rows: Rows,
  id: string,
  refused: Readonly<Record<string, string>>,
): Promise<void> {
  await rows.all(
    "UPDATE command_batches SET refused = refused || $2::text::jsonb WHERE id = $1",
    [id, JSON.stringify(refused)],
  );
}

/** Batches of the last minutes with stations that have neither command nor refusal. */
export async function unfinishedBatches(rows: Rows): Promise<readonly BatchOrder[]> {
  const found = await rows.all<BatchRow>(
    `SELECT id, kind, body, station_ids FROM command_batches b
      WHERE created_at > now() - interval '10 minutes' AND cardinality(station_ids) >
        (SELECT count(*) FROM commands c WHERE c.tenant = b.tenant AND c.batch_id = b.id) +
        (SELECT count(*) FROM jsonb_object_keys(b.refused))
      ORDER BY created_at LIMIT 100`,
  );
  return found.map(({ id, kind, body, stationIds }) => ({ id, kind, body, stationIds }));
}

export async function findBatch(rows: Rows, id: string): Promise<CommandBatch | undefined> {
  const [row] = await rows.all<BatchRow>(
    `SELECT id, kind, body, station_ids, refused, created_at FROM command_batches WHERE id = $1`,
    [id],
  );
  return row === undefined ? undefined : toBatch(row, await commandsOfBatch(rows, id));
}

function toBatch(row: BatchRow, commands: ReadonlyMap<string, Command>): CommandBatch {
  const stations = row.stationIds.map((stationId) => {
    return stationOfBatch(stationId, commands.get(stationId), row.refused[stationId]);
  });
  const progress: Record<string, number> = {};
  for (const { status } of stations) progress[status] = (progress[status] ?? 0) + 1;
  return {
    id: row.id,
    kind: row.kind,
    body: row.body,
    createdAt: shownInstant(row.createdAt),
    total: stations.length,
    progress,
    stations,
  };
}

function stationOfBatch(
  stationId: string,
  command: Command | undefined,
  refusal: string | undefined,
): CommandBatch["stations"][number] {
  if (command !== undefined) {
    return { stationId, commandId: command.id, status: command.status };
  }
  return refusal === undefined
    ? { stationId, commandId: null, status: "pending" }
    : { stationId, commandId: null, status: "failed", detail: refusal };
}
