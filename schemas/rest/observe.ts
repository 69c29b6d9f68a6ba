/** What is looked at: OCPP log, alerts, overview, events. */
import { Type } from "@sinclair/typebox";
import { alertKinds } from "#schemas/events/charger.ts";
import {
  Identifier,
  Instant,
  listQuery,
  nullable,
  NullableInstant,
  oneOf,
  type Static,
} from "./shape.ts";

export const directions = ["in", "out"] as const;
export const messageTypes = ["CALL", "CALLRESULT", "CALLERROR", "SEND", "unreadable"] as const;

export const OcppMessage = Type.Object({
  at: Instant,
  direction: oneOf(directions, { description: "in = from the station" }),
  messageType: oneOf(messageTypes),
  action: nullable(Type.String()),
  messageId: nullable(Type.String()),
  payload: Type.Unknown({ description: "JSON as sent; text when it is none" }),
  sessionId: Type.Optional(Identifier),
}, { title: "OcppMessage" });
export type OcppMessage = Static<typeof OcppMessage>;

export const MessageQuery = Type.Object({
  ...listQuery,
  action: Type.Optional(Type.String({ maxLength: 100 })),
  direction: Type.Optional(oneOf(directions)),
  from: Type.Optional(Instant),
  to: Type.Optional(Instant),
  search: Type.Optional(Type.String({ maxLength: 200, description: "Text in the payload" })),
}, { additionalProperties: false });
export type MessageQuery = Static<typeof MessageQuery>;

export const alertStatuses = ["open", "acknowledged", "resolved"] as const;

export const Alert = Type.Object({
  id: Identifier,
  kind: oneOf(alertKinds),
  stationId: Type.Optional(Identifier),
  sessionId: Type.Optional(Identifier),
  status: oneOf(alertStatuses),
  detail: Type.String(),
  openedAt: Instant,
  acknowledgedAt: NullableInstant,
  resolvedAt: NullableInstant,
}, { title: "Alert" });
export type Alert = Static<typeof Alert>;

export const AlertQuery = Type.Object({
  ...listQuery,
  status: Type.Optional(oneOf(alertStatuses)),
  kind: Type.Optional(oneOf(alertKinds)),
  station: Type.Optional(Identifier),
}, { additionalProperties: false });
export type AlertQuery = Static<typeof AlertQuery>;

export const Overview = Type.Object({
  stations: Type.Integer(),
  connected: Type.Integer(),
  faulted: Type.Integer({ description: "Stations with a connector that reports Faulted" }),
  openSessions: Type.Integer(),
  charging: Type.Integer({ description: "Open sessions in the state Charging" }),
  openAlerts: Type.Integer({ description: "Not resolved" }),
  energyTodayWh: Type.Number({ description: "Of sessions that started today, UTC" }),
  powerW: Type.Number({ description: "Sum of the latest readings of open sessions" }),
}, { title: "Overview" });
export type Overview = Static<typeof Overview>;

export const EventQuery = Type.Object({
  kind: Type.Optional(
    Type.String({
      maxLength: 100,
      description: "One or more of station, session, …, by commas; kind.event is narrower",
    }),
  ),
  station: Type.Optional(Identifier),
}, { additionalProperties: false });
export type EventQuery = Static<typeof EventQuery>;

export const Readiness = Type.Object({
  ready: Type.Boolean(),
  missing: Type.Array(Type.String()),
}, { title: "Readiness" });
