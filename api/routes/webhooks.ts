/** Webhooks: where facts are sent to, what became of each delivery, and sending again. */
import { PlatformError } from "#schemas/errors.ts";
import { formatInstant } from "#schemas/instant.ts";
import { IdParams } from "#schemas/rest/shape.ts";
import {
  DeliveryParams,
  DeliveryQuery,
  ReplayParams,
  ReplayRequest,
  Webhook,
  WebhookCreate,
  WebhookDelivery,
  WebhookPatch,
  WebhookReplay,
} from "#schemas/rest/webhook.ts";
import { checkedUrl } from "../egress.ts";
import { accepted, created, noContent, ok, type Reply } from "../reply.ts";
import { type Asked, list, type Route, route } from "../route.ts";
import { DELIVERY_AGE_MS_MAX } from "../webhooks/delivery_intake.ts";
import {
  findDelivery,
  insertTest,
  listDeliveries,
  retryDelivery,
} from "../webhooks/delivery_rows.ts";
import { postEvent } from "../webhooks/post_event.ts";
import { countRunning, findReplay, insertReplay } from "../webhooks/replays.ts";
import { makeSecret, sealSecret } from "../webhooks/secret.ts";
import {
  countWebhooks,
  deleteWebhook,
  findWebhook,
  insertWebhook,
  listWebhooks,
  lockWebhook,
  updateWebhook,
  WEBHOOKS_MAX,
} from "../webhooks/webhook_rows.ts";

const tag = "Webhooks";
const one = { path: "/webhooks/{id}", tag, params: IdParams } as const;
/** Replays of one webhook that may run at once. */
const REPLAYS_MAX = 3;

export const webhookRoutes: readonly Route[] = [
  list({
    path: "/webhooks",
    summary: "Where facts are sent to, signed",
    tag,
    item: Webhook,
    page: ({ platform, tenant, query }) =>
      platform.tenants.run(tenant, (rows) => listWebhooks(rows, query)),
  }),
  route({
    method: "post",
    path: "/webhooks",
    summary: "A new webhook; a secret that is left out is made and shown once",
    tag,
    body: WebhookCreate,
    answers: { 201: Webhook },
    handler: (incoming) => createWebhook(incoming, incoming.body),
  }),
  route({
    ...one,
    method: "get",
    summary: "One webhook, and whether it arrives",
    answers: { 200: Webhook },
    handler: async (incoming) => ok(await requireWebhook(incoming, incoming.params.id)),
  }),
  route({
    ...one,
    method: "patch",
    summary: "Changes parts (merge patch); secret null makes a new one and shows it once",
    body: WebhookPatch,
    answers: { 200: Webhook },
    handler: (incoming) => changeWebhook(incoming, incoming.params.id, incoming.body),
  }),
  route({
    ...one,
    method: "delete",
    summary: "Removes a webhook; what waits for it is given up",
    answers: { 204: null },
    handler: async ({ platform, tenant, params: { id } }) => {
      const now = formatInstant(platform.webhooks.clock.now());
      const isGone = await platform.tenants.run(tenant, (rows) => deleteWebhook(rows, id, now));
      if (!isGone) throw noWebhook(id);
      return noContent;
    },
  }),
  route({
    ...one,
    method: "post",
    path: "/webhooks/{id}/test",
    summary: "Sends an event webhook.test now and tells what came of it",
    answers: { 200: WebhookDelivery },
    handler: (incoming) => testWebhook(incoming, incoming.params.id),
  }),
  list({
    path: "/webhooks/{id}/deliveries",
    summary: "What was and will be sent, by status; dead ones can be tried again",
    tag,
    params: IdParams,
    query: DeliveryQuery,
    item: WebhookDelivery,
    page: ({ platform, tenant, params: { id }, query }) =>
      platform.tenants.run(tenant, async (rows) => {
        if (await findWebhook(rows, id) === undefined) throw noWebhook(id);
        return await listDeliveries(rows, id, query);
      }),
  }),
  route({
    method: "post",
    path: "/webhooks/{id}/deliveries/{deliveryId}/retry",
    summary: "Tries a dead delivery again, for a day",
    tag,
    params: DeliveryParams,
    answers: { 200: WebhookDelivery },
    handler: (incoming) => retry(incoming, incoming.params.id, incoming.params.deliveryId),
  }),
  route({
    method: "post",
    path: "/webhooks/{id}/replay",
    summary: "Sends facts of the past again, with their first ids",
    tag,
    params: IdParams,
    body: ReplayRequest,
    answers: { 202: WebhookReplay },
    handler: (incoming) => replay(incoming, incoming.params.id, incoming.body),
  }),
  route({
    method: "get",
    path: "/webhooks/{id}/replays/{replayId}",
    summary: "How far a replay is",
    tag,
    params: ReplayParams,
    answers: { 200: WebhookReplay },
    handler: async ({ platform, tenant, params: { id, replayId } }) => {
      const found = await platform.tenants.run(tenant, (rows) => findReplay(rows, id, replayId));
      if (found !== undefined) return ok(found);
      throw new PlatformError("not-found", `Cannot find replay ${replayId}: it does not exist`);
    },
  }),
];

async function createWebhook(asked: Asked, body: WebhookCreate): Promise<Reply> {
  const { platform, tenant } = asked;
  const { random, webhooks: { clock, egress, serverKey } } = platform;
  const id = body.id ?? asked.id("webhook");
  const secret = body.secret ?? makeSecret(random);
  const fields = {
    id,
    url: checkedUrl(egress, body.url, "/url"),
    kinds: body.kinds.map(kindOfFact),
    stations: body.stations ?? null,
    enabled: body.enabled,
    sealedSecret: sealSecret(secret, { tenant, webhookId: id }, serverKey, random),
    createdAt: formatInstant(clock.now()),
  };
  const webhook = await platform.tenants.run(tenant, async (rows) => {
    if (await countWebhooks(rows) >= WEBHOOKS_MAX) {
      throw new PlatformError("conflict", `Cannot create the webhook: ${WEBHOOKS_MAX} are enough`);
    }
    if (!await insertWebhook(rows, fields, tenant)) {
      throw new PlatformError("conflict", `Cannot create webhook ${id}: it exists already`);
    }
    return await findWebhook(rows, id);
  });
  const shown = body.secret === undefined ? { ...webhook, secret } : webhook;
  // A secret is nowhere kept in clear, also not for a repeat of the request.
  return { ...created(pathOf(id), shown), keptBody: webhook };
}

async function changeWebhook(asked: Asked, id: string, patch: WebhookPatch): Promise<Reply> {
  const { platform, tenant } = asked;
  const { random, webhooks: { clock, egress, serverKey, hint } } = platform;
  const url = patch.url === undefined ? undefined : checkedUrl(egress, patch.url, "/url");
  const made = patch.secret === null ? makeSecret(random) : undefined;
  const secret = made ?? patch.secret ?? undefined;
  const webhook = await platform.tenants.run(tenant, async (rows) => {
    const before = await lockWebhook(rows, id);
    if (before === undefined) throw noWebhook(id);
    const enabled = patch.enabled ?? before.webhook.enabled;
    await updateWebhook(rows, {
      id,
      url: url ?? before.webhook.url,
      kinds: patch.kinds?.map(kindOfFact) ?? before.webhook.kinds,
      stations: patch.stations === undefined ? before.webhook.stations ?? null : patch.stations,
      enabled,
      sealedSecret: secret === undefined
        ? before.sealedSecret
        : sealSecret(secret, { tenant, webhookId: id }, serverKey, random),
    }, {
      now: formatInstant(clock.now()),
      startsAnew: enabled && (patch.enabled === true || url !== undefined),
    });
    return await findWebhook(rows, id);
  });
  hint();
  return ok(made === undefined ? webhook : { ...webhook, secret: made });
}

async function testWebhook(asked: Asked, id: string): Promise<Reply> {
  const { platform, tenant } = asked;
  const locked = await platform.tenants.run(tenant, (rows) => lockWebhook(rows, id));
  if (locked === undefined) throw noWebhook(id);
  const { webhook: { url }, sealedSecret } = locked;
  const eventId = `test-${asked.id("test")}`;
  const now = formatInstant(platform.webhooks.clock.now());
  const data = { webhookId: id };
  const body = JSON.stringify({ id: eventId, type: "webhook.test", at: now, data });
  const posted = await postEvent(
    platform.webhooks,
    { tenant, webhookId: id, url, sealedSecret },
    { id: eventId, type: "webhook.test", body },
  );
  const test = { tenant, webhookId: id, id: eventId, body, posted, now };
  return ok(await platform.tenants.run(tenant, (rows) => insertTest(rows, test)));
}

async function retry(asked: Asked, id: string, deliveryId: string): Promise<Reply> {
  const { platform, tenant } = asked;
  const now = platform.webhooks.clock.now();
  const expiresAt = formatInstant(now + DELIVERY_AGE_MS_MAX);
  const delivery = await platform.tenants.run(tenant, async (rows) => {
    const webhook = await findWebhook(rows, id);
    if (webhook === undefined) throw noWebhook(id);
    const found = await findDelivery(rows, id, deliveryId);
    if (found === undefined) {
      throw new PlatformError("not-found", `Cannot find delivery ${deliveryId}: it does not exist`);
    }
    if (found.type === "webhook.test") {
      throw new PlatformError("conflict", "Cannot try a test again: send a new one");
    }
    const place = { tenant, webhookId: id, id: deliveryId };
    if (!await retryDelivery(rows, place, { now: formatInstant(now), expiresAt })) {
      throw new PlatformError("conflict", `Cannot try it again: the delivery is ${found.status}`);
    }
    return await findDelivery(rows, id, deliveryId);
  });
  platform.webhooks.hint();
  return ok(delivery);
}

async function replay(asked: Asked, id: string, body: ReplayRequest): Promise<Reply> {
  const { platform, tenant } = asked;
  const webhook = await requireWebhook(asked, id);
  if (!webhook.enabled) {
    throw new PlatformError("conflict", `Cannot replay: webhook ${id} is disabled`);
  }
  const { position, until } = await bounds(asked, body);
  const replayId = asked.id("replay").replaceAll("-", "").slice(0, 12);
  const now = formatInstant(platform.webhooks.clock.now());
  const made = await platform.tenants.run(tenant, async (rows) => {
    if (await countRunning(rows, id) >= REPLAYS_MAX) {
      throw new PlatformError("conflict", `Cannot replay: ${REPLAYS_MAX} replays are running`);
    }
    return await insertReplay(rows, {
      ...{ tenant, id: replayId, webhookId: id, position, until, now },
    });
  });
  platform.webhooks.hint();
  return accepted(`${pathOf(id)}/replays/${replayId}`, made);
}

/** Behind which sequence it begins, and with which it ends. */
async function bounds(
  { platform: { webhooks: { history } } }: Asked,
  { fromSequence, from }: ReplayRequest,
): Promise<{ readonly position: number; readonly until: number }> {
  if ((fromSequence === undefined) === (from === undefined)) {
    throw new PlatformError("malformed", "Cannot replay: give either fromSequence or from");
  }
  try {
    const position = fromSequence === undefined
      ? await history.sequenceBefore(Date.parse(from ?? ""))
      : fromSequence - 1;
    const page = await history.read(position, 0);
    if (page !== undefined) return { position, until: page.last };
  } catch (cause) {
    throw new PlatformError("unavailable", "Cannot replay: the stream of facts does not answer", {
      cause,
      retryAfterSeconds: 5,
    });
  }
  throw new PlatformError("conflict", `Cannot replay: fact ${fromSequence} is not in the stream`);
}

async function requireWebhook({ platform, tenant }: Asked, id: string): Promise<Webhook> {
  const found = await platform.tenants.run(tenant, (rows) => findWebhook(rows, id));
  if (found === undefined) throw noWebhook(id);
  return found;
}

/** In REST a charger is a station: both words find its facts, as in events. */
function kindOfFact(kind: string): string {
  return kind.replace(/^station(?=$|\.)/, "charger");
}

function noWebhook(id: string): PlatformError {
  return new PlatformError("not-found", `Cannot find webhook ${id}: it does not exist`);
}

function pathOf(id: string): string {
  return `/api/v1/webhooks/${encodeURIComponent(id)}`;
}
