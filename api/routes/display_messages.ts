import { stableHash } from "#schemas/address.ts";
import type { StationDescription } from "#schemas/events/charger.ts";
import { PlatformError } from "#schemas/errors.ts";
import {
  DisplayMessage,
  DisplayMessageCreate,
  DisplayMessageParams,
  DisplayMessageQuery,
  DisplayMessageReplace,
} from "#schemas/rest/display_message.ts";
import { IdParams } from "#schemas/rest/shape.ts";
import { askActor, chargerAddress } from "../ask.ts";
import { askedOnce } from "../asked_once.ts";
import { commandId, commandStation } from "../command_batches.ts";
import { stationMessages } from "../queries/display_message_rows.ts";
import { created, noContent, ok, type Page } from "../reply.ts";
import { type Asked, list, type Route, route } from "../route.ts";

const tag = "Display messages";
const one = {
  path: "/stations/{id}/display-messages/{messageId}",
  tag,
  params: DisplayMessageParams,
} as const;

/** Short enough to be read out; a station has few. */
const IDS = 1_000_000;
const TRIES = 20;

export const displayMessagesRoutes: readonly Route[] = [
  list({
    path: "/stations/{id}/display-messages",
    summary: "What the station's display shows: believed, confirmed, refused and on its way",
    tag,
    params: IdParams,
    query: DisplayMessageQuery,
    item: DisplayMessage,
    page: async (incoming) => {
      const { params: { id }, query } = incoming;
      await requireStation(incoming, id);
      return pageOf(await messagesOf(incoming, id), query);
    },
  }),
  route({
    method: "post",
    path: "/stations/{id}/display-messages",
    summary: "A new message; it is pending until the station has answered",
    tag,
    params: IdParams,
    body: DisplayMessageCreate,
    answers: { 201: DisplayMessage },
    handler: async (incoming) => {
      const { params: { id }, body } = incoming;
      const messageId = freeId(incoming, id, await messagesOf(incoming, id));
      const message = await set(incoming, { id, messageId }, body);
      return created(pathOf(id, messageId), message);
    },
  }),
  route({
    ...one,
    method: "get",
    summary: "One message",
    answers: { 200: DisplayMessage },
    handler: async (incoming) => ok(await find(incoming, incoming.params)),
  }),
  route({
    ...one,
    method: "put",
    summary: "Sets the message of this id, or replaces it; pending until the station has answered",
    body: DisplayMessageReplace,
    answers: { 200: DisplayMessage, 201: DisplayMessage },
    handler: async (incoming) => {
      const { params, body: { id: _, ...body } } = incoming;
      const before = await messagesOf(incoming, params.id);
      const message = await set(incoming, params, body);
      return before.some(({ id }) => id === params.messageId)
        ? ok(message)
        : created(pathOf(params.id, params.messageId), message);
    },
  }),
  route({
    ...one,
    method: "delete",
    summary: "Takes the message off the display; it is clearing until the station has answered",
    answers: { 204: null },
    handler: async (incoming) => {
      const { params: { id, messageId } } = incoming;
      await find(incoming, incoming.params);
      const order = { kind: "clear-display-message", body: { id: messageId } } as const;
      await commandStation(incoming, id, order);
      return noContent;
    },
  }),
];

interface MessageName {
  readonly id: string;
  readonly messageId: number;
}

async function set(
  asked: Asked,
  { id, messageId }: MessageName,
  body: DisplayMessageCreate,
): Promise<DisplayMessage> {
  const order = { kind: "set-display-message", body: { id: messageId, ...body } } as const;
  await askedOnce(asked, commandId(asked, id), () => commandStation(asked, id, order));
  return await find(asked, { id, messageId });
}

async function find(asked: Asked, { id, messageId }: MessageName): Promise<DisplayMessage> {
  const found = (await messagesOf(asked, id)).find((message) => message.id === messageId);
  if (found !== undefined) return found;
  throw new PlatformError("not-found", `Cannot find display message ${messageId}: it is not there`);
}

function messagesOf({ platform, tenant }: Asked, id: string): Promise<readonly DisplayMessage[]> {
  return platform.tenants.run(
    tenant,
    (rows) => stationMessages(rows, id, platform.clock.now()),
  );
}

/** @throws {PlatformError} "not-found" for a station that is not registered. */
async function requireStation(asked: Asked, id: string): Promise<void> {
  await askActor<StationDescription>(asked, chargerAddress(asked.tenant, id), {
    type: "station.describe",
  });
}

/**
 * An id that the station's display has not, the same again for a repeat of the request. Drawn
 * rather than counted: two operators may ask at once.
 */
function freeId(asked: Asked, stationId: string, known: readonly DisplayMessage[]): number {
  const ours = commandId(asked, stationId);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const id = 1 + stableHash(`${ours} ${attempt}`) % (IDS - 1);
    const same = known.find((message) => message.id === id);
    if (same === undefined || (same.attempt ?? same).commandId === ours) return id;
  }
  throw new PlatformError("conflict", "Cannot set a display message: no id is free, clear some");
}

/** The list is bounded and short: a page is a part of it. The cursor is the last id shown. */
function pageOf(
  messages: readonly DisplayMessage[],
  { limit, cursor, order }: DisplayMessageQuery,
): Page<DisplayMessage> {
  const sorted = order === "asc" ? messages : messages.toReversed();
  const after = cursor === undefined ? undefined : Number(cursor);
  if (after !== undefined && !Number.isInteger(after)) {
    throw new PlatformError("malformed", "Cannot read the cursor: it is none of ours");
  }
  const rest = after === undefined
    ? sorted
    : sorted.filter(({ id }) => order === "asc" ? id > after : id < after);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rest.length > limit && last ? String(last.id) : null };
}

function pathOf(id: string, messageId: number): string {
  return `/api/v1/stations/${encodeURIComponent(id)}/display-messages/${messageId}`;
}
