import { type ChargingProfile, profileOf, toProfile2 } from "#schemas/charging_profile.ts";
import { PlatformError } from "#schemas/errors.ts";
import {
  ChargingProfileCreate,
  ChargingProfileParams,
  ChargingProfilePatch,
  ChargingProfileQuery,
  ChargingProfileReplace,
  ChargingProfileTemplate,
} from "#schemas/rest/charging_profile.ts";
import { mergePatch } from "../merge_patch.ts";
import {
  deleteTemplate,
  findTemplate,
  insertTemplate,
  listTemplates,
  nextTemplateId,
  noTemplate,
  replaceTemplate,
  type TemplateContent,
} from "../queries/charging_profile_rows.ts";
import { created, noContent, ok } from "../reply.ts";
import { list, type Route, route } from "../route.ts";
import { shapeCheck } from "../shape_check.ts";
import { stationProfileRoutes } from "./charging_profiles_of_station.ts";

type Json = Readonly<Record<string, unknown>>;

const tag = "Charging profiles";
const one = { path: "/charging-profiles/{id}", tag, params: ChargingProfileParams } as const;
const checkWhole = shapeCheck(ChargingProfileReplace, "json");

/** Templates, and what is set on stations. */
export const chargingProfilesRoutes: readonly Route[] = [
  list({
    path: "/charging-profiles",
    summary: "Charging profiles to be set on stations",
    tag,
    query: ChargingProfileQuery,
    item: ChargingProfileTemplate,
    page: ({ platform, tenant, query }) =>
      platform.tenants.run(tenant, (rows) => listTemplates(rows, query)),
  }),
  route({
    method: "post",
    path: "/charging-profiles",
    summary: "A new charging profile; its id is the chargingProfileId that stations see",
    tag,
    body: ChargingProfileCreate,
    answers: { 201: ChargingProfileTemplate },
    handler: async ({ platform, tenant, body }) => {
      const { description, chargingProfile } = body;
      const template = await platform.tenants.run(tenant, async (rows) => {
        const id = body.id ?? idOf(chargingProfile) ?? await nextTemplateId(rows);
        const content = { id, description, chargingProfile: numbered(chargingProfile, id) };
        const inserted = await insertTemplate(rows, tenant, content);
        if (inserted !== undefined) return inserted;
        throw new PlatformError(
          "conflict",
          `Cannot create charging profile ${id}: it exists already`,
        );
      });
      return created(pathOf(template.id), template);
    },
  }),
  route({
    ...one,
    method: "get",
    summary: "One charging profile",
    answers: { 200: ChargingProfileTemplate },
    handler: async ({ platform, tenant, params: { id } }) => {
      const found = await platform.tenants.run(tenant, (rows) => findTemplate(rows, id));
      if (found === undefined) throw noTemplate(id);
      return ok(found);
    },
  }),
  route({
    ...one,
    method: "put",
    summary: "Creates or replaces a charging profile; stations keep what was set",
    body: ChargingProfileReplace,
    answers: { 200: ChargingProfileTemplate, 201: ChargingProfileTemplate },
    handler: async ({ platform, tenant, params: { id }, body }) => {
      const content = contentOf(id, body);
      const { isNew, template } = await platform.tenants.run(
        tenant,
        (rows) => replaceTemplate(rows, tenant, content),
      );
      return isNew ? created(pathOf(id), template) : ok(template);
    },
  }),
  route({
    ...one,
    method: "patch",
    summary: "Changes parts of a charging profile (merge patch)",
    body: ChargingProfilePatch,
    answers: { 200: ChargingProfileTemplate },
    handler: async ({ platform, tenant, params: { id }, body }) => {
      const changed = await platform.tenants.run(tenant, async (rows) => {
        const before = await findTemplate(rows, id);
        if (before === undefined) throw noTemplate(id);
        const whole = checkWhole(mergePatch(before, body), "the changed charging profile");
        const { template } = await replaceTemplate(rows, tenant, contentOf(id, whole));
        return template;
      });
      return ok(changed);
    },
  }),
  route({
    ...one,
    method: "delete",
    summary: "Removes a charging profile; stations keep what was set",
    answers: { 204: null },
    handler: async ({ platform, tenant, params: { id } }) => {
      await platform.tenants.run(tenant, (rows) => deleteTemplate(rows, id));
      return noContent;
    },
  }),
  ...stationProfileRoutes,
];

function contentOf(
  id: number,
  { description, chargingProfile }: {
    readonly description: string;
    readonly chargingProfile: Json;
  },
): TemplateContent {
  return { id, description, chargingProfile: numbered(chargingProfile, id) };
}

/** The number inside a profile, which may be left out. */
function idOf(chargingProfile: Json): number | undefined {
  const id = chargingProfile["id"] ?? chargingProfile["chargingProfileId"];
  return typeof id === "number" ? id : undefined;
}

/**
 * The profile in the words of 2.x under its number.
 *
 * @throws {PlatformError} when it is none, or has another number.
 */
function numbered(chargingProfile: Json, id: number): Json {
  const own = idOf(chargingProfile);
  if (own !== undefined && own !== id) {
    const fields = [{ pointer: "/chargingProfile/id", detail: `must be ${id}, or left out` }];
    throw new PlatformError(
      "invalid-value",
      `Cannot keep charging profile ${id}: it says that it is ${own}`,
      { fields },
    );
  }
  const isForm16 = chargingProfile["chargingProfilePurpose"] === "ChargePointMaxProfile" ||
    !Array.isArray(chargingProfile["chargingSchedule"]);
  const { id: _, chargingProfileId: __, ...rest } = chargingProfile;
  const whole = isForm16 ? { chargingProfileId: id, ...rest } : { id, ...rest };
  requirePeriods(profileOf(whole, "/chargingProfile"));
  return toProfile2(whole);
}

/** A profile without a period limits nothing, and no station takes it. */
function requirePeriods({ schedules }: ChargingProfile): void {
  const isWhole = schedules.length > 0 && schedules.every(({ periods }) => periods.length > 0);
  if (isWhole) return;
  throw new PlatformError("invalid-value", "Cannot keep the charging profile: it has no period", {
    fields: [{ pointer: "/chargingProfile/chargingSchedule", detail: "has no period" }],
  });
}

function pathOf(id: number): string {
  return `/api/v1/charging-profiles/${id}`;
}
