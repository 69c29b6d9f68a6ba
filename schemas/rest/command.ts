import { Type } from "@sinclair/typebox";
import { type BasicKind, type CommandKind, commandKinds } from "#schemas/events/charger.ts";
import { stationCommandOf, stationCommands } from "#schemas/station_commands/mod.ts";
import {
  Identifier,
  Instant,
  listQuery,
  nullable,
  oneOf,
  type Static,
  type TSchema,
} from "./shape.ts";
import { StationFilter } from "./station.ts";

/** Stations that take minutes (firmware, diagnostics) answer at once and report later. */
const CALL_TIMEOUT_SECONDS_MAX = 300;
const STATIONS_MAX = 10_000;

const OcppObject = Type.Record(Type.String(), Type.Unknown());
const EvseId = Type.Integer({ minimum: 0, maximum: 2_147_483_647 });
const ConnectorId = Type.Integer({ minimum: 0, maximum: 2_147_483_647 });

export const CallCreate = Type.Object({
  action: Type.String({ minLength: 1, maxLength: 100, pattern: "^[^\\u0000]+$" }),
  payload: OcppObject,
  timeoutSeconds: Type.Integer({ minimum: 1, maximum: CALL_TIMEOUT_SECONDS_MAX, default: 30 }),
}, { additionalProperties: false, title: "CallCreate" });
export type CallCreate = Static<typeof CallCreate>;

export const callStatuses = ["queued", "sent", "answered", "failed", "timedOut"] as const;
export type CallStatus = typeof callStatuses[number];

const CommandFailure = Type.Object({
  code: Type.String(),
  description: Type.String(),
  details: Type.Unknown(),
});

export const Call = Type.Object({
  id: Identifier,
  stationId: Identifier,
  action: Type.String(),
  status: oneOf(callStatuses),
  response: Type.Optional(Type.Unknown()),
  error: Type.Optional(CommandFailure),
  createdAt: Instant,
  updatedAt: Instant,
}, { title: "Call" });
export type Call = Static<typeof Call>;

const basicBodies = {
  "remote-start": Type.Object({
    tokenUid: Type.String({ minLength: 1, maxLength: 255, pattern: "^[^\\u0000]+$" }),
    evseId: Type.Optional(nullable(EvseId)),
    chargingProfile: Type.Optional(nullable(OcppObject)),
  }, { additionalProperties: false, title: "RemoteStart" }),
  "remote-stop": Type.Object({ sessionId: Identifier }, {
    additionalProperties: false,
    title: "RemoteStop",
  }),
  "reset": Type.Object({
    type: oneOf(["Immediate", "OnIdle"]),
    evseId: Type.Optional(nullable(EvseId)),
  }, { additionalProperties: false, title: "Reset" }),
  "unlock": Type.Object({ evseId: EvseId, connectorId: Type.Optional(nullable(ConnectorId)) }, {
    additionalProperties: false,
    title: "Unlock",
  }),
  "trigger": Type.Object({
    message: Type.String({ minLength: 1, maxLength: 100, pattern: "^[^\\u0000]+$" }),
    evseId: Type.Optional(nullable(EvseId)),
  }, { additionalProperties: false, title: "Trigger" }),
  "availability": Type.Object({
    operative: Type.Boolean(),
    evseId: Type.Optional(nullable(EvseId)),
    connectorId: Type.Optional(nullable(ConnectorId)),
  }, { additionalProperties: false, title: "Availability" }),
} as const satisfies Record<BasicKind, TSchema>;

const basicSummaries: Readonly<Record<BasicKind, string>> = {
  "remote-start": "Starts charging for a token",
  "remote-stop": "Stops a session",
  "reset": "Restarts the station",
  "unlock": "Unlocks a connector",
  "trigger": "Asks the station to send a message now",
  "availability": "Takes the station, an EVSE or a connector out of service, or back",
};

/** One kind of command, as clients that make forms of it need it. */
export const CommandKindInfo = Type.Object({
  kind: Type.String(),
  summary: Type.String(),
  /** JSON Schema of the body. */
  body: Type.Record(Type.String(), Type.Unknown()),
}, { title: "CommandKind" });
export type CommandKindInfo = Static<typeof CommandKindInfo>;

/** Every kind of command, in the order of its name. */
export function commandKindInfos(): readonly CommandKindInfo[] {
  return [...commandKinds].sort().map((kind) => ({
    kind,
    summary: stationCommandOf(kind)?.summary ?? basicSummaries[kind as BasicKind],
    body: { ...commandBody(kind) },
  }));
}

/** What a command of this kind says. */
export function commandBody(kind: CommandKind): TSchema {
  return stationCommandOf(kind)?.body ?? basicBodies[kind as BasicKind];
}

export const CommandParams = Type.Object({ id: Identifier, kind: oneOf(commandKinds) });

/** The body is checked by its kind's own shape: a union would only say that none fits. */
export const CommandBody = Type.Unsafe<Readonly<Record<string, unknown>>>({
  type: "object",
  title: "CommandBody",
  description: "What it says depends on the kind: see $defs",
  $defs: {
    ...basicBodies,
    ...Object.fromEntries(Object.entries(stationCommands).map(([kind, { body }]) => [kind, body])),
  },
});

export const commandStatuses = [
  "queued",
  "sent",
  "accepted",
  "rejected",
  "failed",
  "timedOut",
  "expired",
] as const;

export const Command = Type.Object({
  id: Identifier,
  stationId: Identifier,
  kind: oneOf(commandKinds),
  status: oneOf(commandStatuses),
  response: Type.Optional(Type.Unknown()),
  error: Type.Optional(CommandFailure),
  sessionId: Type.Optional(Identifier),
  batchId: Type.Optional(Identifier),
  createdAt: Instant,
  updatedAt: Instant,
}, { title: "Command" });
export type Command = Static<typeof Command>;

export const CommandMany = Type.Object({
  filter: Type.Optional(StationFilter),
  stationIds: Type.Optional(Type.Array(Identifier, { minItems: 1, maxItems: STATIONS_MAX })),
  kind: oneOf(commandKinds),
  body: Type.Record(Type.String(), Type.Unknown()),
}, { additionalProperties: false, title: "CommandMany" });
export type CommandMany = Static<typeof CommandMany>;

/** One command for many stations. `pending`: not yet handed to its station's actor. */
export const CommandBatch = Type.Object({
  id: Identifier,
  kind: oneOf(commandKinds),
  body: Type.Record(Type.String(), Type.Unknown()),
  createdAt: Instant,
  total: Type.Integer(),
  progress: Type.Record(Type.String(), Type.Integer()),
  stations: Type.Array(Type.Object({
    stationId: Identifier,
    commandId: nullable(Identifier),
    status: oneOf(["pending", ...commandStatuses]),
    detail: Type.Optional(Type.String()),
  })),
}, { title: "CommandBatch" });
export type CommandBatch = Static<typeof CommandBatch>;

export const CommandQuery = Type.Object({
  ...listQuery,
  station: Type.Optional(Identifier),
  kind: Type.Optional(oneOf(commandKinds)),
  status: Type.Optional(oneOf(commandStatuses)),
}, { additionalProperties: false });
export type CommandQuery = Static<typeof CommandQuery>;

export const CallQuery = Type.Object({
  ...listQuery,
  station: Type.Optional(Identifier),
  action: Type.Optional(Type.String({ maxLength: 100 })),
  status: Type.Optional(oneOf(callStatuses)),
}, { additionalProperties: false });
export type CallQuery = Static<typeof CallQuery>;
