import { toApply } from "#actors/domain/configuration.ts";
import { isSecret, spokenName, type VariableName } from "#schemas/device_variable.ts";
import { PlatformError } from "#schemas/errors.ts";
import { Command } from "#schemas/rest/command.ts";
import {
  ConfigurationTemplate,
  ConfigurationTemplateCreate,
  ConfigurationTemplateReplace,
  OwnConfiguration,
  StationConfiguration,
  Variable,
  VariableQuery,
} from "#schemas/rest/device_model.ts";
import { IdParams } from "#schemas/rest/shape.ts";
import { askActor, chargerAddress } from "../ask.ts";
import { askedOnce } from "../asked_once.ts";
import { commandId, commandStation } from "../command_batches.ts";
import { eachAtMost } from "../import_lines.ts";
import { commandOf } from "../queries/command_rows.ts";
import {
  compareStation,
  deleteTemplate,
  findTemplate,
  listTemplates,
  stationsOfTemplate,
  toConfiguration,
  writeOwnConfiguration,
  writeTemplate,
} from "../queries/configuration_rows.ts";
import { stationExists } from "../queries/station_rows.ts";
import { listVariables } from "../queries/variable_rows.ts";
import type { Rows } from "../ports/rows.ts";
import { accepted, created, noContent, ok } from "../reply.ts";
import { type Asked, list, type Route, route } from "../route.ts";

const tag = "Configuration";
const one = { path: "/configuration-templates/{id}", tag, params: IdParams } as const;
const ofStation = { path: "/stations/{id}/configuration", tag, params: IdParams } as const;
/** Stations that a changed template is compared with at once. */
const STATIONS_MAX = 10_000;
const LANES = 50;

export const deviceModelRoutes: readonly Route[] = [
  list({
    path: "/stations/{id}/variables",
    summary: "What is known of a station's variables, or configuration keys of 1.6",
    tag,
    params: IdParams,
    query: VariableQuery,
    item: Variable,
    page: ({ platform, tenant, params: { id }, query }) =>
      platform.tenants.run(tenant, async (rows) => {
        await requireStation(rows, id);
        return await listVariables(rows, id, query);
      }),
  }),
  route({
    ...ofStation,
    method: "get",
    summary: "What the station is to be configured as, what it is, and where these differ",
    answers: { 200: StationConfiguration },
    handler: async ({ platform, tenant, params: { id } }) =>
      ok(toConfiguration(
        await platform.tenants.run(tenant, (rows) => compareStation(rows, id)),
      )),
  }),
  route({
    ...ofStation,
    method: "put",
    summary: "Replaces what this station alone is to be configured as, above all templates",
    body: OwnConfiguration,
    answers: { 200: StationConfiguration },
    handler: async (incoming) => {
      const { platform, tenant, params: { id: stationId }, body: { variables } } = incoming;
      requireOpen(variables);
      const compared = await platform.tenants.run(tenant, async (rows) => {
        await requireStation(rows, stationId);
        await writeOwnConfiguration(rows, { tenant, stationId, variables });
        return await compareStation(rows, stationId);
      });
      await checkStation(incoming, stationId);
      return ok(toConfiguration(compared));
    },
  }),
  route({
    ...ofStation,
    path: "/stations/{id}/configuration/apply",
    method: "post",
    summary: "Sends the station what differs, by one command; 200 = nothing does",
    answers: { 200: StationConfiguration, 202: Command },
    handler: async (incoming) => {
      const { platform, tenant, params: { id } } = incoming;
      const compared = await platform.tenants.run(tenant, (rows) => compareStation(rows, id));
      const variables = toApply(compared.items);
      if (variables.length === 0) return ok(toConfiguration(compared));
      const description = await askedOnce(
        incoming,
        commandId(incoming, id),
        () => commandStation(incoming, id, { kind: "set-variables", body: { variables } }),
      );
      return accepted(`/api/v1/commands/${description.id}`, commandOf(description));
    },
  }),
  list({
    path: "/configuration-templates",
    summary: "What stations of a model, a firmware or a tag are to be configured as",
    tag,
    item: ConfigurationTemplate,
    page: ({ platform, tenant, query }) =>
      platform.tenants.run(tenant, (rows) => listTemplates(rows, query)),
  }),
  route({
    method: "post",
    path: "/configuration-templates",
    summary: "A new template; the station's own configuration stands above it",
    tag,
    body: ConfigurationTemplateCreate,
    answers: { 201: ConfigurationTemplate },
    handler: async (incoming) => {
      const { platform, tenant, body } = incoming;
      requireOpen(body.variables);
      const template = { ...body, id: body.id ?? incoming.id("template") };
      await platform.tenants.run(tenant, async (rows) => {
        if (!await writeTemplate(rows, tenant, template)) {
          throw new PlatformError(
            "conflict",
            `Cannot create template ${template.id}: it exists already`,
          );
        }
      });
      checkStations(incoming, [template]);
      return created(pathOf(template.id), template);
    },
  }),
  route({
    ...one,
    method: "get",
    summary: "One template",
    answers: { 200: ConfigurationTemplate },
    handler: async ({ platform, tenant, params: { id } }) => {
      const found = await platform.tenants.run(tenant, (rows) => findTemplate(rows, id));
      if (found === undefined) throw noTemplate(id);
      return ok(found);
    },
  }),
  route({
    ...one,
    method: "put",
    summary: "Creates or replaces a template",
    body: ConfigurationTemplateReplace,
    answers: { 200: ConfigurationTemplate, 201: ConfigurationTemplate },
    handler: async (incoming) => {
      const { platform, tenant, params: { id }, body: { id: _, ...settings } } = incoming;
      requireOpen(settings.variables);
      const template = { ...settings, id };
      const { before, isNew } = await platform.tenants.run(tenant, async (rows) => ({
        before: await findTemplate(rows, id),
        isNew: await writeTemplate(rows, tenant, template),
      }));
      checkStations(incoming, [template, ...(before === undefined ? [] : [before])]);
      return isNew ? created(pathOf(id), template) : ok(template);
    },
  }),
  route({
    ...one,
    method: "delete",
    summary: "Removes a template; what stations were set to stays",
    answers: { 204: null },
    handler: async (incoming) => {
      const { platform, tenant, params: { id } } = incoming;
      const before = await platform.tenants.run(tenant, async (rows) => {
        const found = await findTemplate(rows, id);
        return found !== undefined && await deleteTemplate(rows, id) ? found : undefined;
      });
      if (before === undefined) throw noTemplate(id);
      checkStations(incoming, [before]);
      return noContent;
    },
  }),
];

/** @throws {PlatformError} "not-found". */
export async function requireStation(rows: Rows, id: string): Promise<void> {
  if (await stationExists(rows, id)) return;
  throw new PlatformError("not-found", `Cannot find station ${id}: it does not exist`);
}

/** What is intended is kept and shown. */
function requireOpen(variables: readonly VariableName[]): void {
  const secret = variables.find(isSecret);
  if (secret === undefined) return;
  throw new PlatformError(
    "malformed",
    `Cannot intend ${spokenName(secret)}: secrets are set by the station's password only`,
  );
}

/** Lets the station's actor open or settle its alert of drift. */
async function checkStation(asked: Asked, stationId: string): Promise<void> {
  const to = chargerAddress(asked.tenant, stationId);
  await askActor(asked, to, { type: "configuration.check", purpose: stationId });
}

/** Under way: a station that cannot be asked now is compared when it is read the next time. */
function checkStations(
  asked: Asked,
  templates: readonly Pick<ConfigurationTemplate, "match" | "protocol">[],
): void {
  const { platform, tenant } = asked;
  const work = async (): Promise<void> => {
    const found = await platform.tenants.run(
      tenant,
      (rows) =>
        Promise.all(
          templates.map((template) => stationsOfTemplate(rows, template, STATIONS_MAX)),
        ),
    );
    await eachAtMost([...new Set(found.flat())], LANES, async (stationId) => {
      try {
        await checkStation(asked, stationId);
      } catch (error) {
        platform.telemetry.log("warn", "a station was not compared with its configuration", {
          ...{ station: stationId, error: String(error) },
        });
      }
    });
  };
  work().catch((error: unknown) => {
    platform.telemetry.log("error", "The comparison of configurations broke off", { error });
  });
}

function noTemplate(id: string): PlatformError {
  return new PlatformError("not-found", `Cannot find template ${id}: it does not exist`);
}

function pathOf(id: string): string {
  return `/api/v1/configuration-templates/${encodeURIComponent(id)}`;
}
