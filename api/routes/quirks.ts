import { PlatformError } from "#schemas/errors.ts";
import { quirkOf } from "#schemas/quirks/find.ts";
import { Quirk, QuirkParams, QuirkQuery, StationQuirk } from "#schemas/rest/quirk.ts";
import { IdParams } from "#schemas/rest/shape.ts";
import { askActor, chargerAddress } from "../ask.ts";
import { stationQuirks } from "../queries/quirk_rows.ts";
import { noContent, ok, type Page } from "../reply.ts";
import { type Asked, list, type Route, route } from "../route.ts";
import { quirks } from "../station_quirks.ts";

const tag = "Quirks";
const one = {
  path: "/stations/{id}/quirks/{quirkId}",
  tag,
  params: QuirkParams,
} as const;

export const quirkRoutes: readonly Route[] = [
  list({
    path: "/quirks",
    summary: "What stations are known to do otherwise than the standard says",
    tag,
    query: QuirkQuery,
    item: Quirk,
    page: ({ query }) => Promise.resolve(pageOf(quirks, query)),
  }),
  list({
    path: "/stations/{id}/quirks",
    summary: "A station's quirks: by its build, by operators' word, and what it has shown",
    tag,
    params: IdParams,
    query: QuirkQuery,
    item: StationQuirk,
    page: async (incoming) => pageOf(await quirksOf(incoming, incoming.params.id), incoming.query),
  }),
  route({
    ...one,
    method: "put",
    summary: "The station has this quirk, whatever its build",
    answers: { 200: StationQuirk },
    handler: async (incoming) => ok(await say(incoming, incoming.params, "on")),
  }),
  route({
    ...one,
    method: "delete",
    summary: "Dismisses a quirk: the station has it not (any more)",
    answers: { 204: null },
    handler: async (incoming) => {
      await say(incoming, incoming.params, "off");
      return noContent;
    },
  }),
];

/** Gives the quirk as it is then; one that was switched off again is none of the station's. */
async function say(
  asked: Asked,
  { id, quirkId }: { readonly id: string; readonly quirkId: string },
  is: "on" | "off",
): Promise<StationQuirk | undefined> {
  const known = (await quirksOf(asked, id)).some((quirk) => quirk.id === quirkId);
  if (!known && (is === "off" || quirkOf(quirkId) === undefined)) {
    throw new PlatformError("not-found", `Cannot change the quirk ${quirkId}: there is none such`);
  }
  await askActor(asked, chargerAddress(asked.tenant, id), {
    type: "block.order",
    purpose: `${id} ${quirkId} ${is}`,
    body: { block: "quirks", order: { quirk: quirkId, is } },
  });
  return (await quirksOf(asked, id)).find((quirk) => quirk.id === quirkId);
}

async function quirksOf(
  { platform, tenant }: Asked,
  id: string,
): Promise<readonly StationQuirk[]> {
  const found = await platform.tenants.run(tenant, (rows) => stationQuirks(rows, id));
  if (found !== undefined) return found;
  throw new PlatformError("not-found", `Cannot find station ${id}: it is not registered`);
}

/** Short lists in an order of their own: a page is a part. The cursor counts what was shown. */
function pageOf<Item>(
  items: readonly Item[],
  { limit, cursor = "0", order }: QuirkQuery,
): Page<Item> {
  const from = /^\d{1,6}$/.test(cursor) ? Number(cursor) : NaN;
  if (Number.isNaN(from)) {
    throw new PlatformError("malformed", "Cannot read the cursor: it is none of ours");
  }
  const ordered = order === "asc" ? items : items.toReversed();
  const next = from + limit;
  return {
    items: ordered.slice(from, next),
    nextCursor: next < ordered.length ? String(next) : null,
  };
}
