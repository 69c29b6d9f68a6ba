/** What operators look at to serve a station: files it loads and sends, events, connections. */
import { Type } from "@sinclair/typebox";
import {
  Identifier,
  Instant,
  listQuery,
  nullable,
  NullableInstant,
  oneOf,
  type Static,
} from "./shape.ts";

export const jobStates = [
  "pending",
  "unanswered",
  "accepted",
  "rejected",
  "running",
  "done",
  "failed",
  "canceled",
  "withdrawn",
] as const;
export type JobStateShown = typeof jobStates[number];

const job = {
  id: Identifier,
  requestId: nullable(Type.Integer()),
  state: oneOf(jobStates),
  answer: nullable(Type.String({ description: "What the station answered, in its words" })),
  status: nullable(Type.String({ description: "What it reported last, in its words" })),
  history: Type.Array(Type.Object({ status: Type.String(), at: Instant })),
  createdAt: Instant,
  updatedAt: Instant,
};

export const StationLog = Type.Object({
  ...job,
  logType: Type.String(),
  remoteLocation: nullable(Type.String({ description: "Without the password of the URL" })),
  fileName: nullable(Type.String()),
}, { title: "StationLog" });
export type StationLog = Static<typeof StationLog>;

export const FirmwareJob = Type.Object({
  ...job,
  kind: oneOf(["update", "publication"]),
  location: nullable(Type.String({ description: "Without the password of the URL" })),
  retrieveAt: NullableInstant,
  installAt: NullableInstant,
  isSigned: Type.Boolean(),
  checksum: nullable(Type.String()),
  locations: Type.Array(Type.String(), { description: "Where a published one can be had" }),
}, { title: "FirmwareJob" });
export type FirmwareJob = Static<typeof FirmwareJob>;

const OcppObject = Type.Record(Type.String(), Type.Unknown());

export const NetworkProfile = Type.Object({
  configurationSlot: Type.Integer(),
  connectionData: OcppObject,
  status: oneOf(["pending", "unanswered", "accepted", "rejected"]),
  answer: nullable(Type.String()),
  askedAt: NullableInstant,
  confirmed: nullable(Type.Object({ connectionData: OcppObject, confirmedAt: Instant })),
}, { title: "NetworkProfile" });
export type NetworkProfile = Static<typeof NetworkProfile>;

export const SecurityEvent = Type.Object({
  id: Identifier,
  type: Type.String({ description: "As the station named it" }),
  techInfo: nullable(Type.String()),
  isCritical: Type.Boolean({ description: "By the standard" }),
  at: Instant,
  receivedAt: Instant,
}, { title: "SecurityEvent" });
export type SecurityEvent = Static<typeof SecurityEvent>;

export const SecurityEventQuery = Type.Object({
  ...listQuery,
  type: Type.Optional(Type.String({ maxLength: 100 })),
  critical: Type.Optional(Type.Boolean()),
  from: Type.Optional(Instant),
  to: Type.Optional(Instant),
}, { additionalProperties: false });
export type SecurityEventQuery = Static<typeof SecurityEventQuery>;

export const DataTransferEvent = Type.Object({
  id: Identifier,
  vendorId: Type.String(),
  messageId: nullable(Type.String()),
  data: Type.Unknown(),
  isCut: Type.Boolean({ description: "The data was too long to be kept here whole" }),
  receivedAt: Instant,
}, { title: "DataTransferEvent" });
export type DataTransferEvent = Static<typeof DataTransferEvent>;

export const DataTransferQuery = Type.Object({
  ...listQuery,
  vendorId: Type.Optional(Type.String({ maxLength: 255 })),
  messageId: Type.Optional(Type.String({ maxLength: 50 })),
}, { additionalProperties: false });
export type DataTransferQuery = Static<typeof DataTransferQuery>;

/** OCPP 2.x has room for 40 characters; 1.6 for 20, or 40 hex digits. */
const PASSWORD_LENGTH_MAX = 40;

export const PasswordChange = Type.Object({
  password: Type.Optional(nullable(Type.String({
    minLength: 1,
    maxLength: PASSWORD_LENGTH_MAX,
    pattern: "^[^\\u0000-\\u001f\\u007f]+$",
    writeOnly: true,
    description: "Absent = the platform draws one and shows it once",
  }))),
}, { additionalProperties: false, title: "PasswordChange" });
export type PasswordChange = Static<typeof PasswordChange>;

export const PasswordChanged = Type.Object({
  commandId: Identifier,
  status: Type.String({ description: "Of the command; the station's answer is at its place" }),
  password: Type.Optional(Type.String({ description: "Only when it was drawn, and only once" })),
}, { title: "PasswordChanged" });
export type PasswordChanged = Static<typeof PasswordChanged>;
