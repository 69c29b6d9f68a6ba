import { Type } from "@sinclair/typebox";
import { Money } from "./energy_price.ts";
import {
  Identifier,
  Instant,
  listQuery,
  nullable,
  NullableInstant,
  oneOf,
  type Static,
  Text,
} from "./shape.ts";

export const sessionStatuses = ["open", "closed"] as const;

export const Session = Type.Object({
  id: Identifier,
  stationId: Identifier,
  evseId: nullable(Type.Integer()),
  connectorId: nullable(Type.Integer()),
  token: nullable(Type.Object({ uid: Type.String(), type: Type.String() })),
  transactionId: Type.String(),
  startedAt: Instant,
  endedAt: NullableInstant,
  meterStartWh: nullable(Type.Number()),
  meterStopWh: nullable(Type.Number()),
  energyWh: Type.Number(),
  stopReason: nullable(Type.String()),
  cost: nullable(Money),
  status: oneOf(sessionStatuses),
  state: Type.String(),
  billable: Type.Boolean(),
  annotation: nullable(Type.String()),
  flags: Type.Array(Type.String()),
  powerW: Type.Optional(Type.Number({ description: "Latest reading of an open session" })),
  currentA: Type.Optional(Type.Number()),
  socPercent: Type.Optional(Type.Number()),
}, { title: "Session" });
export type Session = Static<typeof Session>;

export const SessionQuery = Type.Object({
  ...listQuery,
  station: Type.Optional(Identifier),
  token: Type.Optional(Type.String({ maxLength: 255, description: "uid" })),
  status: Type.Optional(oneOf(sessionStatuses)),
  from: Type.Optional(Type.String({ format: "date-time", description: "startedAt >= from" })),
  to: Type.Optional(Type.String({ format: "date-time", description: "startedAt < to" })),
}, { additionalProperties: false });
export type SessionQuery = Static<typeof SessionQuery>;

export const SessionPatch = Type.Object({
  annotation: Type.Optional(nullable(Text)),
  billable: Type.Optional(Type.Boolean()),
  reason: Type.Optional(
    Type.String({ minLength: 1, maxLength: 1_000, pattern: "^[^\\u0000]+$" }),
  ),
}, { additionalProperties: false, minProperties: 1, title: "SessionPatch" });
export type SessionPatch = Static<typeof SessionPatch>;

export const MeterValue = Type.Object({
  at: Instant,
  measurand: Type.String(),
  phase: Type.Optional(Type.String()),
  context: Type.String(),
  location: Type.Optional(Type.String()),
  value: Type.Number(),
  unit: Type.String(),
  evseId: Type.Optional(Type.Integer()),
  sessionId: Type.Optional(Identifier),
}, { title: "MeterValue" });
export type MeterValue = Static<typeof MeterValue>;

export const MeterValueQuery = Type.Object({
  ...listQuery,
  measurand: Type.Optional(Type.String({ maxLength: 100 })),
  from: Type.Optional(Instant),
  to: Type.Optional(Instant),
}, { additionalProperties: false });
export type MeterValueQuery = Static<typeof MeterValueQuery>;

export const TimelineItem = Type.Object({
  seq: Type.Integer(),
  at: Instant,
  type: Type.String(),
  what: Type.String({ description: "One line for people" }),
  changesState: Type.Boolean({ description: "False for meter values and the like" }),
  message: Type.Optional(Type.Unknown({ description: "What came in" })),
  reply: Type.Optional(Type.Unknown()),
}, { title: "TimelineItem" });
export type TimelineItem = Static<typeof TimelineItem>;

export const StaleClosed = Type.Object({ closed: Type.Array(Identifier) }, {
  title: "StaleClosed",
});
