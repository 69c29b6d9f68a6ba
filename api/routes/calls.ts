import type {
  CallRequest,
  CommandDescription,
  CommandStatus,
  StationDescription,
} from "#schemas/events/charger.ts";
import { type OcppProtocol, ocppProtocols } from "#schemas/events/gateway.ts";
import { PlatformError } from "#schemas/errors.ts";
import { checkRequest } from "#schemas/ocpp_schemas.ts";
import { Call, CallCreate, CallQuery } from "#schemas/rest/command.ts";
import { IdParams } from "#schemas/rest/shape.ts";
import { askActor, chargerAddress } from "../ask.ts";
import type { Outcome, Watch } from "../call_outcomes.ts";
import { findDescription, listCalls, toCall } from "../queries/command_rows.ts";
import { accepted, ok, type Reply } from "../reply.ts";
import { type Asked, list, type Route, route } from "../route.ts";
import { askedOnce } from "../asked_once.ts";
import { sealedCall } from "../sealed_secrets.ts";

const tag = "Calls";
/** What hops and commits take beyond the station's own time. */
const SLACK_MS = 5_000;
/** How often a waiter looks at the table, should the word of the actor get lost. */
const LOOK_MS = 1_000;

const over: ReadonlySet<CommandStatus> = new Set<CommandStatus>([
  "answered",
  "accepted",
  "rejected",
  "failed",
  "timedOut",
  "expired",
  "unknown",
]);

export const callRoutes: readonly Route[] = [
  route({
    method: "post",
    path: "/stations/{id}/calls",
    summary: "Sends a CALL exactly as given and waits for the station's answer",
    tag,
    params: IdParams,
    body: CallCreate,
    answers: { 200: Call, 202: Call },
    handler: async (incoming) => {
      const { tenant, params, body, platform } = incoming;
      const to = chargerAddress(tenant, params.id);
      const station = await askActor<StationDescription>(incoming, to, {
        type: "station.describe",
      });
      checkCall(protocolOf(station), body.action, body.payload);
      const request: CallRequest = {
        id: incoming.id("call"),
        action: body.action,
        payload: await sealedCall(incoming, params.id, body.payload),
        timeoutMs: body.timeoutSeconds * 1_000,
        replyTo: platform.outcomes.replyTo,
      };
      const watch = platform.outcomes.watch(request.id);
      try {
        const asked = { type: "call.request", body: request };
        const description = await askedOnce(
          incoming,
          request.id,
          () => askActor<CommandDescription>(incoming, to, asked),
        );
        if (prefersAsync(incoming)) {
          return accepted(`/api/v1/calls/${description.id}`, toCall(description));
        }
        return callReply(await finished(incoming, watch, request, description), body);
      } finally {
        watch.end();
      }
    },
  }),
  list({
    path: "/calls",
    summary: "Calls that operators sent",
    tag,
    query: CallQuery,
    item: Call,
    page: ({ platform, tenant, query }) =>
      platform.tenants.run(tenant, (rows) => listCalls(rows, query)),
  }),
  route({
    method: "get",
    path: "/calls/{id}",
    summary: "One call and what became of it",
    tag,
    params: IdParams,
    answers: { 200: Call },
    handler: async ({ platform, tenant, params: { id } }) => {
      const found = await platform.tenants.run(tenant, (rows) => findDescription(rows, id));
      if (found === undefined || found.kind !== "call") {
        throw new PlatformError("not-found", `Cannot find call ${id}: it does not exist`);
      }
      return ok(toCall(found));
    },
  }),
];

/** @throws {PlatformError} a kind that is 422, whatever rule of the schema is broken. */
function checkCall(protocol: OcppProtocol, action: string, payload: unknown): void {
  const fault = checkRequest(protocol, action, payload, "sent");
  if (fault === undefined) return;
  const kind = fault.kind === "malformed" ? "invalid-value" : fault.kind;
  throw new PlatformError(kind, fault.detail, {
    fields: fault.fields.map(({ pointer, detail }) => ({ pointer: `/payload${pointer}`, detail })),
  });
}

/** @throws {PlatformError} "conflict" while the station is away: what it speaks is not known. */
function protocolOf({ id, presence }: StationDescription): OcppProtocol {
  const protocol = ocppProtocols.find((known) => known === presence.protocol);
  if (presence.connected && protocol !== undefined) return protocol;
  throw new PlatformError("conflict", `Cannot call station ${id}: it is not connected`);
}

/** RFC 7240, 4.1. */
function prefersAsync(asked: Asked): boolean {
  return /(^|[,;\s])respond-async([,;\s]|$)/i.test(asked.header("prefer") ?? "");
}

async function finished(
  { platform, tenant }: Asked,
  watch: Watch,
  { id, timeoutMs }: CallRequest,
  first: CommandDescription,
): Promise<Outcome> {
  const isOver = ({ status }: CommandDescription): boolean => over.has(status);
  if (isOver(first)) return first;
  return await watch.until({
    // As long again as it may wait for its turn behind another call of ours.
    timeoutMs: 2 * timeoutMs + SLACK_MS,
    lookMs: LOOK_MS,
    isOver,
    look: () => platform.tenants.run(tenant, (rows) => findDescription(rows, id)),
  });
}

/** 200 for whatever the station said, also for its CALLERROR; 504 when it said nothing. */
function callReply(
  outcome: Outcome,
  { action, timeoutSeconds }: { readonly action: string; readonly timeoutSeconds: number },
): Reply {
  if (outcome === "late") throw silent(action, timeoutSeconds);
  const call = toCall(outcome);
  if (call.status === "timedOut") throw silent(action, timeoutSeconds);
  return ok(call);
}

function silent(action: string, timeoutSeconds: number): PlatformError {
  return new PlatformError(
    "timed-out",
    `Cannot finish ${action}: the station did not answer within ${timeoutSeconds} s`,
  );
}
