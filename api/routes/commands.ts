import { Type } from "@sinclair/typebox";
import type { CommandKind } from "#schemas/events/charger.ts";
import { PlatformError } from "#schemas/errors.ts";
import {
  Command,
  CommandBatch,
  CommandBody,
  commandBody,
  CommandKindInfo,
  commandKindInfos,
  CommandMany,
  CommandParams,
  CommandQuery,
} from "#schemas/rest/command.ts";
import { IdParams, type TSchema } from "#schemas/rest/shape.ts";
import { commandBatch, commandId, commandStation } from "../command_batches.ts";
import { type BatchOrder, findBatch, insertBatch } from "../queries/batch_rows.ts";
import { commandOf, findCommand, listCommands } from "../queries/command_rows.ts";
import { stationIds } from "../queries/station_rows.ts";
import { accepted, ok } from "../reply.ts";
import { type Asked, list, type Route, route } from "../route.ts";
import { askedOnce } from "../asked_once.ts";
import { requireNoSecret } from "../sealed_secrets.ts";
import { shapeCheck } from "../shape_check.ts";

const tag = "Commands";
const BATCH_STATIONS_MAX = 10_000;

const checks = new Map<CommandKind, ReturnType<typeof shapeCheck<TSchema>>>();

/** @throws {PlatformError} when the body is not what a command of this kind says. */
export function checkBody(kind: CommandKind, body: unknown, what: string): void {
  let check = checks.get(kind);
  if (check === undefined) checks.set(kind, check = shapeCheck(commandBody(kind), "json"));
  check(body, what);
}

export const commandRoutes: readonly Route[] = [
  route({
    method: "post",
    path: "/stations/{id}/commands/{kind}",
    summary: "A typed command; it waits a minute for a station that is away",
    tag,
    params: CommandParams,
    body: CommandBody,
    answers: { 202: Command },
    handler: async (incoming) => {
      const { params: { id, kind }, body } = incoming;
      checkBody(kind, body, "the body");
      const description = await askedOnce(
        incoming,
        commandId(incoming, id),
        () => commandStation(incoming, id, { kind, body }),
      );
      return accepted(pathOf(description.id), commandOf(description));
    },
  }),
  route({
    method: "post",
    path: "/commands",
    summary: "One command for many stations, by ids or by filter",
    tag,
    body: CommandMany,
    answers: { 202: CommandBatch },
    handler: async (incoming) => {
      const { platform, tenant, body } = incoming;
      checkBody(body.kind, body.body, "the command's body");
      requireNoSecret(body);
      const order: BatchOrder = {
        id: incoming.id("batch"),
        kind: body.kind,
        body: body.body,
        stationIds: await chosenStations(incoming, body),
      };
      const batch = await platform.tenants.run(tenant, async (rows) => {
        await insertBatch(rows, tenant, order);
        return await findBatch(rows, order.id);
      });
      // Under way: what fails is told by the batch itself.
      commandBatch(platform, tenant, order).catch((error: unknown) => {
        platform.telemetry.log("error", "A command for many stations broke off", { error });
      });
      return accepted(pathOf(order.id), batch);
    },
  }),
  route({
    method: "get",
    path: "/command-kinds",
    summary: "Every kind of typed command with the schema of its body",
    tag,
    answers: { 200: Type.Object({ items: Type.Array(CommandKindInfo) }) },
    handler: () => Promise.resolve(ok({ items: [...commandKindInfos()] })),
  }),
  list({
    path: "/commands",
    summary: "Typed commands and what became of them",
    tag,
    query: CommandQuery,
    item: Command,
    page: ({ platform, tenant, query }) =>
      platform.tenants.run(tenant, (rows) => listCommands(rows, query)),
  }),
  route({
    method: "get",
    path: "/commands/{id}",
    summary: "One command, or one for many with its progress per station",
    tag,
    params: IdParams,
    answers: { 200: Type.Union([Command, CommandBatch]) },
    handler: async ({ platform, tenant, params: { id } }) => {
      const found = await platform.tenants.run(
        tenant,
        async (rows) => await findCommand(rows, id) ?? await findBatch(rows, id),
      );
      if (found !== undefined) return ok(found);
      throw new PlatformError("not-found", `Cannot find command ${id}: it does not exist`);
    },
  }),
];

/**
 * @throws {PlatformError} "malformed" unless exactly one of `filter` and `stationIds` was given.
 */
export async function chosenStations(
  { platform, tenant }: Asked,
  { filter, stationIds: named }: Pick<CommandMany, "filter" | "stationIds">,
): Promise<readonly string[]> {
  if ((filter === undefined) === (named === undefined)) {
    throw new PlatformError("malformed", "Cannot choose stations: give filter or stationIds");
  }
  if (filter === undefined) return [...new Set(named)];
  const found = await platform.tenants.run(
    tenant,
    (rows) => stationIds(rows, filter, BATCH_STATIONS_MAX + 1),
  );
  if (found.length <= BATCH_STATIONS_MAX) return found;
  throw new PlatformError(
    "conflict",
    `Cannot command so many stations: the filter finds more than ${BATCH_STATIONS_MAX}`,
  );
}

function pathOf(id: string): string {
  return `/api/v1/commands/${id}`;
}
