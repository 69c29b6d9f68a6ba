import { Type } from "@sinclair/typebox";
import { commandKinds } from "#schemas/events/charger.ts";
import { commandStatuses } from "./command.ts";
import { Identifier, Instant, listQuery, nullable, oneOf, type Static } from "./shape.ts";
import { StationFilter } from "./station.ts";

const STATIONS_MAX = 10_000;
const STEPS_MAX = 10;
const RATE_MAX = 30_000;
const AT_ONCE_MAX = 1_000;
const AWAY_HOURS_MAX = 90 * 24;
const printable = "^[^\\u0000-\\u001f\\u007f]+$";

export const campaignStatuses = ["running", "paused", "stopped", "done"] as const;
export const campaignStates = ["waiting", "running", "done", "failed"] as const;

const Name = Type.String({ minLength: 1, maxLength: 200, pattern: printable });
const Step = Type.Object({
  kind: oneOf(commandKinds),
  body: Type.Record(Type.String(), Type.Unknown()),
}, { additionalProperties: false, title: "CampaignStep" });
const Share = Type.Number({ minimum: 0, maximum: 1 });

export const CampaignCreate = Type.Object({
  name: Name,
  filter: Type.Optional(StationFilter),
  stationIds: Type.Optional(Type.Array(Identifier, { minItems: 1, maxItems: STATIONS_MAX })),
  steps: Type.Array(Step, {
    minItems: 1,
    maxItems: STEPS_MAX,
    description: "Typed commands; each is sent when the station has accepted the one before",
  }),
  ratePerMinute: Type.Optional(nullable(Type.Integer({
    minimum: 1,
    maximum: RATE_MAX,
    description: "Commands that leave per minute; null = as fast as maxAtOnce allows",
  }))),
  maxAtOnce: Type.Integer({
    minimum: 1,
    maximum: AT_ONCE_MAX,
    default: 50,
    description: "Stations that are between their first and their last step",
  }),
  sharePerLocation: Type.Optional(nullable(Type.Number({
    minimum: 0,
    maximum: 1,
    description: "Of a location's stations at most this share is busy at once, and at least one",
  }))),
  stopOnFailureShare: Type.Optional(nullable(Share)),
  stopAfter: Type.Integer({
    minimum: 1,
    maximum: STATIONS_MAX,
    default: 10,
    description: "The share of failures counts from so many stations on",
  }),
  waitForAwayHours: Type.Number({
    minimum: 0,
    maximum: AWAY_HOURS_MAX,
    default: 24,
    description: "So long stations are waited for that are not connected",
  }),
}, { additionalProperties: false, title: "CampaignCreate" });
export type CampaignCreate = Static<typeof CampaignCreate>;

export const Campaign = Type.Object({
  id: Identifier,
  name: Type.String(),
  status: oneOf(campaignStatuses),
  reason: Type.Optional(Type.String({ description: "Why it was stopped" })),
  steps: Type.Array(Step),
  ratePerMinute: nullable(Type.Integer()),
  maxAtOnce: Type.Integer(),
  sharePerLocation: nullable(Share),
  stopOnFailureShare: nullable(Share),
  stopAfter: Type.Integer(),
  waitForAwayHours: Type.Number(),
  waitsUntil: Instant,
  progress: Type.Object({
    total: Type.Integer(),
    waiting: Type.Integer(),
    running: Type.Integer(),
    done: Type.Integer(),
    failed: Type.Integer(),
  }),
  createdAt: Instant,
  updatedAt: Instant,
  finishedAt: Type.Optional(Instant),
}, { title: "Campaign" });
export type Campaign = Static<typeof Campaign>;

export const CampaignQuery = Type.Object({
  ...listQuery,
  status: Type.Optional(oneOf(campaignStatuses)),
}, { additionalProperties: false });
export type CampaignQuery = Static<typeof CampaignQuery>;

/** How far one station is. `command` is that of its present or last step. */
export const CampaignStation = Type.Object({
  stationId: Identifier,
  state: oneOf(campaignStates),
  stepsDone: Type.Integer(),
  isConnected: Type.Boolean(),
  detail: Type.Optional(Type.String({ description: "Why it failed" })),
  command: Type.Optional(Type.Object({
    id: Identifier,
    status: oneOf(commandStatuses),
    response: Type.Optional(Type.Unknown()),
    error: Type.Optional(Type.Unknown()),
  })),
  updatedAt: Instant,
}, { title: "CampaignStation" });
export type CampaignStation = Static<typeof CampaignStation>;

export const CampaignStationQuery = Type.Object({
  ...listQuery,
  // As they were chosen.
  order: oneOf(["asc", "desc"], { default: "asc" }),
  state: Type.Optional(oneOf(campaignStates)),
}, { additionalProperties: false });
export type CampaignStationQuery = Static<typeof CampaignStationQuery>;

export const campaignActions = ["pause", "resume", "stop", "retry-failed"] as const;
export type CampaignAction = typeof campaignActions[number];
export const CampaignActionParams = Type.Object({
  id: Identifier,
  action: oneOf(campaignActions),
});
