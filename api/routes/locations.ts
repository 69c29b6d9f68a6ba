import { PlatformError } from "#schemas/errors.ts";
import {
  Location,
  LocationCreate,
  LocationPatch,
  LocationReplace,
} from "#schemas/rest/location.ts";
import { IdParams } from "#schemas/rest/shape.ts";
import { mergePatch } from "../merge_patch.ts";
import {
  deleteLocation,
  findLocation,
  insertLocation,
  listLocations,
  noLocation,
  replaceLocation,
} from "../queries/location_rows.ts";
import { created, noContent, ok } from "../reply.ts";
import { list, type Route, route } from "../route.ts";
import { shapeCheck } from "../shape_check.ts";
import { tellPlace } from "../station_settings.ts";

const tag = "Locations";
const one = { path: "/locations/{id}", tag, params: IdParams } as const;
const checkWhole = shapeCheck(LocationReplace, "json");

export const locationRoutes: readonly Route[] = [
  list({
    path: "/locations",
    summary: "Places with stations",
    tag,
    item: Location,
    page: ({ platform, tenant, query }) =>
      platform.tenants.run(tenant, (rows) => listLocations(rows, query)),
  }),
  route({
    method: "post",
    path: "/locations",
    summary: "A new location",
    tag,
    body: LocationCreate,
    answers: { 201: Location },
    handler: async ({ platform, tenant, body, id }) => {
      const location = { ...body, id: body.id ?? id("location") };
      const isNew = await platform.tenants.run(
        tenant,
        (rows) => insertLocation(rows, tenant, location),
      );
      if (isNew) return created(pathOf(location.id), location);
      throw new PlatformError(
        "conflict",
        `Cannot create location ${location.id}: it exists already`,
      );
    },
  }),
  route({
    ...one,
    method: "get",
    summary: "One location",
    answers: { 200: Location },
    handler: async ({ platform, tenant, params: { id } }) => {
      const found = await platform.tenants.run(tenant, (rows) => findLocation(rows, id));
      if (found === undefined) throw noLocation(id);
      return ok(found);
    },
  }),
  route({
    ...one,
    method: "put",
    summary: "Creates or replaces a location",
    body: LocationReplace,
    answers: { 200: Location, 201: Location },
    handler: async (incoming) => {
      const { platform, tenant, params: { id }, body } = incoming;
      const location = { ...body, id };
      const isNew = await platform.tenants.run(
        tenant,
        (rows) => replaceLocation(rows, tenant, location),
      );
      if (!isNew) await tellPlace(incoming, location);
      return isNew ? created(pathOf(id), location) : ok(location);
    },
  }),
  route({
    ...one,
    method: "patch",
    summary: "Changes parts of a location (merge patch)",
    body: LocationPatch,
    answers: { 200: Location },
    handler: async (incoming) => {
      const { platform, tenant, params: { id }, body } = incoming;
      const location = await platform.tenants.run(tenant, async (rows) => {
        const before = await findLocation(rows, id);
        if (before === undefined) throw noLocation(id);
        const changed = { ...checkWhole(mergePatch(before, body), "the changed location"), id };
        await replaceLocation(rows, tenant, changed);
        return changed;
      });
      const tells = body.authorisationRequired !== undefined || body.energyPrice !== undefined;
      if (tells) await tellPlace(incoming, location);
      return ok(location);
    },
  }),
  route({
    ...one,
    method: "delete",
    summary: "Removes a location that has no stations",
    answers: { 204: null },
    handler: async ({ platform, tenant, params: { id } }) => {
      await platform.tenants.run(tenant, (rows) => deleteLocation(rows, id));
      return noContent;
    },
  }),
];

function pathOf(id: string): string {
  return `/api/v1/locations/${encodeURIComponent(id)}`;
}
