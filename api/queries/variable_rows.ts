/** SQL of what is known of a station's variables and monitors, and of its events. */
import {
  knownMonitors,
  type KnownVariable,
  knownVariables,
  type LastSet,
  monitorBlocks,
  variableBlocks,
} from "#actors/domain/device_model.ts";
import { formatInstant } from "#schemas/instant.ts";
import type {
  Monitor,
  StationEvent,
  StationEventQuery,
  Variable,
  VariableQuery,
} from "#schemas/rest/device_model.ts";
import type { ItemBlock, StationItem } from "#schemas/station_items.ts";
import { Conditions } from "../conditions.ts";
import { cursorOf, pageOf, textsOfCursor } from "../paging.ts";
import type { Rows } from "../ports/rows.ts";
import type { Page } from "../reply.ts";
import { shownInstant } from "../shown_instant.ts";

/** Three items per attribute; the largest inventories known have some thousands. */
const ITEMS_MAX = 60_000;

export async function findItems(
  rows: Rows,
  stationId: string,
  blocks: readonly ItemBlock[],
): Promise<readonly StationItem[]> {
  return await rows.all<StationItem>(
    `SELECT block, key, body FROM station_items WHERE station_id = $1 AND block = ANY($2)
      ORDER BY block, key LIMIT ${ITEMS_MAX}`,
    [stationId, [...blocks]],
  );
}

/** A page of what is known; read whole, because no row alone says whether it still counts. */
export async function listVariables(
  rows: Rows,
  stationId: string,
  query: VariableQuery,
): Promise<Page<Variable>> {
  const known = knownVariables(await findItems(rows, stationId, variableBlocks))
    .filter((variable) => isAskedFor(variable, query));
  const ordered = query.order === "desc" ? known.toReversed() : known;
  const [after] = query.cursor === undefined ? [] : textsOfCursor(query.cursor, 1);
  const rest = after === undefined
    ? ordered
    : ordered.filter(({ key }) => query.order === "desc" ? key < after : key > after);
  const shown = rest.slice(0, query.limit);
  const last = shown.at(-1);
  const nextCursor = rest.length > shown.length && last !== undefined ? cursorOf([last.key]) : null;
  return { items: shown.map(toVariable), nextCursor };
}

function isAskedFor({ name, value, traits }: KnownVariable, query: VariableQuery): boolean {
  const has = (text: unknown, part: string): boolean =>
    typeof text === "string" && text.toLowerCase().includes(part.toLowerCase());
  const isSame = (text: string, wanted: string | undefined): boolean =>
    wanted === undefined || text.toLowerCase() === wanted.toLowerCase();
  const texts = [
    ...[name.component, name.instance, name.variable, name.variableInstance],
    ...[value, traits["unit"]],
  ];
  return isSame(name.component, query.component) && isSame(name.variable, query.variable) &&
    (query.search ?? "").split(/\s+/).every((word) => texts.some((text) => has(text, word)));
}

function toVariable(known: KnownVariable): Variable {
  const { name, value, isSecret, reportedAt, status, traits, set } = known;
  return {
    ...name,
    value,
    secret: isSecret,
    reportedAt: reportedAt === null ? null : formatInstant(reportedAt),
    status,
    ...traits,
    set: toLastSet(set),
  };
}

export function toLastSet(set: LastSet | null): Variable["set"] {
  return set === null ? null : { ...set, at: formatInstant(set.at) };
}

export async function listMonitors(rows: Rows, stationId: string): Promise<readonly Monitor[]> {
  return knownMonitors(await findItems(rows, stationId, monitorBlocks)).map((monitor) => {
    const { id, name, type, value, severity, transaction, at } = monitor;
    return {
      id,
      ...name,
      ...{ type, value, severity, transaction, reportedAt: formatInstant(at) },
    };
  });
}

interface EventRow {
  readonly id: string;
  readonly kind: string;
  readonly at: string;
  readonly receivedAt: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export function listEvents(
  rows: Rows,
  stationId: string,
  query: StationEventQuery,
): Promise<Page<StationEvent>> {
  return pageOf(rows, query, {
    select: "id, kind, at, received_at, body",
    from: "station_events",
    where: new Conditions().add("station_id = ?", stationId).addIf(query.kind, "kind = ?"),
    order: [{ name: "received_at", type: "timestamptz" }, { name: "id", type: "text" }],
  }, ({ id, kind, at, receivedAt, body }: EventRow): StationEvent => ({
    ...{ id, kind, at: shownInstant(at), receivedAt: shownInstant(receivedAt) },
    data: body,
  }));
}
