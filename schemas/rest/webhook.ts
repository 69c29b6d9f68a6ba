/** Webhooks: where facts are sent to, and what became of each. */
import { Type } from "@sinclair/typebox";
import {
  Identifier,
  Instant,
  listQuery,
  nullable,
  NullableInstant,
  oneOf,
  ReadOnly,
  type Static,
} from "./shape.ts";

const Url = Type.String({
  minLength: 1,
  maxLength: 2_000,
  pattern: "^[^\\u0000-\\u0020\\u007f]+$",
});
/** Long enough that nobody guesses it. */
const Secret = Type.String({
  minLength: 16,
  maxLength: 200,
  pattern: "^[\\u0021-\\u007e]+$",
  writeOnly: true,
  description: "Key of the signature. Left out: one is made and shown in this answer only",
});
const Kinds = Type.Array(Type.String({ maxLength: 100, pattern: "^[A-Za-z][A-Za-z.-]*$" }), {
  maxItems: 50,
  uniqueItems: true,
  description: "station, session, alert, …, or narrower: session.ended. Empty: all",
});
const Stations = Type.Array(Identifier, { minItems: 1, maxItems: 1_000, uniqueItems: true });

const shown = {
  createdAt: ReadOnly,
  failures: ReadOnly,
  failingSince: ReadOnly,
  pausedUntil: ReadOnly,
  lastError: ReadOnly,
  lastDeliveredAt: ReadOnly,
  disabledAt: ReadOnly,
  disabledReason: ReadOnly,
  waiting: ReadOnly,
};

export const WebhookCreate = Type.Object({
  id: Type.Optional(Identifier),
  url: Url,
  kinds: Type.Array(Kinds.items, { ...Kinds, default: [] }),
  stations: Type.Optional(nullable(Stations)),
  enabled: Type.Boolean({ default: true }),
  secret: Type.Optional(Secret),
  ...shown,
}, { additionalProperties: false, title: "WebhookCreate" });
export type WebhookCreate = Static<typeof WebhookCreate>;

export const WebhookPatch = Type.Object({
  id: ReadOnly,
  url: Type.Optional(Url),
  kinds: Type.Optional(Kinds),
  stations: Type.Optional(nullable(Stations)),
  enabled: Type.Optional(Type.Boolean()),
  secret: Type.Optional(nullable(Secret)),
  ...shown,
}, { additionalProperties: false, title: "WebhookPatch" });
export type WebhookPatch = Static<typeof WebhookPatch>;

export const Webhook = Type.Object({
  id: Identifier,
  url: Type.String(),
  kinds: Type.Array(Type.String()),
  stations: Type.Optional(Type.Array(Identifier)),
  enabled: Type.Boolean(),
  secret: Type.Optional(Type.String({ description: "Only where it was just made" })),
  createdAt: Instant,
  failures: Type.Integer({ description: "Since the last delivery that arrived" }),
  failingSince: NullableInstant,
  pausedUntil: nullable(Instant),
  lastError: nullable(Type.String()),
  lastDeliveredAt: NullableInstant,
  disabledAt: nullable(Instant),
  disabledReason: nullable(
    Type.String({ description: "Set when the platform has disabled it: replay from disabledAt" }),
  ),
  waiting: Type.Integer({ description: "Deliveries still to be sent" }),
}, { title: "Webhook" });
export type Webhook = Static<typeof Webhook>;

export const deliveryStatuses = ["waiting", "delivered", "dead"] as const;

export const WebhookDelivery = Type.Object({
  id: Identifier,
  eventId: Type.String({ description: "The id in the body: the same event, the same id" }),
  type: Type.String(),
  stationId: Type.String(),
  status: oneOf(deliveryStatuses),
  attempts: Type.Integer(),
  responseStatus: nullable(Type.Integer()),
  response: nullable(Type.String({ description: "The first bytes of the last answer" })),
  error: nullable(Type.String()),
  createdAt: Instant,
  lastAttemptAt: NullableInstant,
  body: Type.Unknown({ description: "What is sent" }),
}, { title: "WebhookDelivery" });
export type WebhookDelivery = Static<typeof WebhookDelivery>;

export const DeliveryQuery = Type.Object({
  ...listQuery,
  status: Type.Optional(oneOf(deliveryStatuses)),
}, { additionalProperties: false });
export type DeliveryQuery = Static<typeof DeliveryQuery>;

export const DeliveryParams = Type.Object({ id: Identifier, deliveryId: Identifier });
export const ReplayParams = Type.Object({ id: Identifier, replayId: Identifier });

export const ReplayRequest = Type.Object({
  fromSequence: Type.Optional(Type.Integer({
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    description: "The first fact that is sent again, by the id of its server-sent event",
  })),
  from: Type.Optional(Instant),
}, { additionalProperties: false, title: "ReplayRequest" });
export type ReplayRequest = Static<typeof ReplayRequest>;

export const replayStatuses = ["running", "done", "failed"] as const;

export const WebhookReplay = Type.Object({
  id: Identifier,
  webhookId: Identifier,
  status: oneOf(replayStatuses),
  position: Type.Integer({ description: "Read up to this sequence" }),
  until: Type.Integer({ description: "Ends with this sequence: the newest when it was asked for" }),
  taken: Type.Integer({ description: "Deliveries made of it" }),
  error: nullable(Type.String()),
  createdAt: Instant,
}, { title: "WebhookReplay" });
export type WebhookReplay = Static<typeof WebhookReplay>;
