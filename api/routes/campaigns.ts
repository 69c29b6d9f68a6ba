import { PlatformError } from "#schemas/errors.ts";
import { formatInstant } from "#schemas/instant.ts";
import {
  Campaign,
  CampaignActionParams,
  CampaignCreate,
  CampaignQuery,
  CampaignStation,
  CampaignStationQuery,
} from "#schemas/rest/campaign.ts";
import { IdParams } from "#schemas/rest/shape.ts";
import {
  changeCampaign,
  findCampaign,
  insertCampaign,
  listCampaigns,
  listCampaignStations,
} from "../queries/campaign_rows.ts";
import { created, ok } from "../reply.ts";
import { type Asked, list, type Route, route } from "../route.ts";
import { requireNoSecret } from "../sealed_secrets.ts";
import { checkBody, chosenStations } from "./commands.ts";

const tag = "Campaigns";

export const campaignsRoutes: readonly Route[] = [
  list({
    path: "/campaigns",
    summary: "Campaigns: the same commands to many stations, at a pace",
    tag,
    query: CampaignQuery,
    item: Campaign,
    page: ({ platform, tenant, query }) =>
      platform.tenants.run(tenant, (rows) => listCampaigns(rows, query)),
  }),
  route({
    method: "post",
    path: "/campaigns",
    summary: "A new campaign, which begins at once",
    tag,
    body: CampaignCreate,
    answers: { 201: Campaign },
    handler: async (incoming) => {
      const { platform, tenant, body } = incoming;
      for (const [index, step] of body.steps.entries()) {
        checkBody(step.kind, step.body, `step ${index + 1}`);
        requireNoSecret(step);
      }
      const stationIds = await chosenStations(incoming, body);
      if (stationIds.length === 0) {
        throw new PlatformError("malformed", "Cannot begin: no station matches", {
          fields: [{ pointer: "/filter", detail: "must match at least one station" }],
        });
      }
      const id = incoming.id("campaign");
      const now = timeOf(incoming);
      const campaign = await platform.tenants.run(tenant, async (rows) => {
        await insertCampaign(rows, tenant, { id, create: body, stationIds, now });
        return await findCampaign(rows, id);
      });
      return created(`/api/v1/campaigns/${id}`, campaign);
    },
  }),
  route({
    method: "get",
    path: "/campaigns/{id}",
    summary: "One campaign with its progress",
    tag,
    params: IdParams,
    answers: { 200: Campaign },
    handler: async (incoming) => ok(await found(incoming, incoming.params.id)),
  }),
  list({
    path: "/campaigns/{id}/stations",
    summary: "How far each station of a campaign is, and what it answered",
    tag,
    params: IdParams,
    query: CampaignStationQuery,
    item: CampaignStation,
    page: async (incoming) => {
      const { platform, tenant, params: { id }, query } = incoming;
      await found(incoming, id);
      return await platform.tenants.run(tenant, (rows) => listCampaignStations(rows, id, query));
    },
  }),
  route({
    method: "post",
    path: "/campaigns/{id}/{action}",
    summary: "Pauses, resumes, stops it, or begins the failed stations again; repeatable",
    tag,
    params: CampaignActionParams,
    answers: { 200: Campaign },
    handler: async (incoming) => {
      const { platform, tenant, params: { id, action } } = incoming;
      const now = timeOf(incoming);
      const campaign = await platform.tenants.run(
        tenant,
        (rows) => changeCampaign(rows, { id, action, now }),
      );
      if (campaign === undefined) throw noCampaign(id);
      return ok(campaign);
    },
  }),
];

async function found({ platform, tenant }: Asked, id: string): Promise<Campaign> {
  const campaign = await platform.tenants.run(tenant, (rows) => findCampaign(rows, id));
  if (campaign === undefined) throw noCampaign(id);
  return campaign;
}

function noCampaign(id: string): PlatformError {
  return new PlatformError("not-found", `Cannot find campaign ${id}: it does not exist`);
}

function timeOf({ platform }: Asked): string {
  return formatInstant(platform.clock.now());
}
