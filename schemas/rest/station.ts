import { Type } from "@sinclair/typebox";
import { registrations } from "#schemas/events/charger.ts";
import type { SecurityProfile } from "#schemas/events/gateway.ts";
import { EnergyPrice } from "./energy_price.ts";
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

/** A week: longer would make a station's silence meaningless. */
const HEARTBEAT_SECONDS_MAX = 604_800;
const TAGS_MAX = 100;
const SEARCH_RADIUS_METRES_MAX = 20_000_000;

const SecurityProfileShape = Type.Unsafe<SecurityProfile>({
  type: "integer",
  minimum: 0,
  maximum: 3,
});
const Tag = Type.String({ minLength: 1, maxLength: 100, pattern: "^[^\\u0000]+$" });
const Tags = Type.Array(Tag, { maxItems: TAGS_MAX });
/** OCPP 2.0.1 Part 2, A00.FR.205 asks for 16 and more; older stations have shorter ones. */
const Password = Type.String({
  minLength: 1,
  maxLength: 256,
  pattern: "^[^\\u0000]+$",
  writeOnly: true,
});

const settings = {
  securityProfile: SecurityProfileShape,
  tags: Tags,
  quiet: Type.Boolean({ description: "The platform sends it nothing on its own" }),
  registration: oneOf(registrations),
  heartbeatIntervalSeconds: Type.Integer({ minimum: 1, maximum: HEARTBEAT_SECONDS_MAX }),
  bootRetrySeconds: nullable(Type.Integer({
    minimum: 1,
    maximum: HEARTBEAT_SECONDS_MAX,
    description: "Wait before the next boot while Pending or Rejected; null = spread by station",
  })),
  authorisationRequired: Type.Boolean({ description: "False = any start is accepted" }),
};

const readOnly = {
  createdAt: ReadOnly,
  presence: ReadOnly,
  boot: ReadOnly,
  evses: ReadOnly,
  openSessions: ReadOnly,
};

const given = {
  securityProfile: Type.Optional(settings.securityProfile),
  tags: Type.Optional(Tags),
  quiet: Type.Optional(settings.quiet),
  registration: Type.Optional(settings.registration),
  heartbeatIntervalSeconds: Type.Optional(settings.heartbeatIntervalSeconds),
  bootRetrySeconds: Type.Optional(settings.bootRetrySeconds),
  authorisationRequired: Type.Optional(settings.authorisationRequired),
  locationId: Type.Optional(nullable(Identifier)),
  energyPrice: Type.Optional(
    nullable(
      Type.Unsafe<EnergyPrice>({
        ...EnergyPrice,
        description: "Comes before that of its location; null = none of its own",
      }),
    ),
  ),
  password: Type.Optional(nullable(Password)),
  ...readOnly,
};

export const StationCreate = Type.Object({ id: Identifier, ...given }, {
  additionalProperties: false,
  title: "StationCreate",
});
export type StationCreate = Static<typeof StationCreate>;

export const StationReplace = Type.Object({ id: Type.Optional(Identifier), ...given }, {
  additionalProperties: false,
  title: "StationReplace",
});
export type StationReplace = Static<typeof StationReplace>;

/** RFC 7396: what is absent stays; null sets locationId and password to nothing, tags to none. */
export const StationPatch = Type.Object({
  ...given,
  id: ReadOnly,
  tags: Type.Optional(nullable(Tags)),
}, { additionalProperties: false, title: "StationPatch" });
export type StationPatch = Static<typeof StationPatch>;

export const Presence = Type.Object({
  connected: Type.Boolean(),
  protocol: nullable(Type.String()),
  lastSeenAt: NullableInstant,
  gateway: nullable(Type.String({ description: "The gateway process that has its socket" })),
  connectedAt: NullableInstant,
  sockets: Type.Array(
    Type.Object({
      gateway: Type.String(),
      address: Type.String({ description: "Where it came from" }),
      openedAt: Instant,
      closedAt: NullableInstant,
      serialNumber: nullable(Type.String({ description: "As a boot on this connection told" })),
    }),
    { description: "Its newest connections, at most two, newest first" },
  ),
}, { title: "Presence" });

export const Station = Type.Object({
  id: Identifier,
  ...settings,
  locationId: nullable(Identifier),
  energyPrice: nullable(EnergyPrice),
  createdAt: Instant,
  presence: Presence,
  boot: Type.Object({
    vendor: nullable(Type.String()),
    model: nullable(Type.String()),
    serialNumber: nullable(Type.String()),
    firmwareVersion: nullable(Type.String()),
  }),
  evses: Type.Array(Type.Object({
    evseId: Type.Integer(),
    connectors: Type.Array(Type.Object({
      connectorId: Type.Integer(),
      status: Type.String({ description: "As the station sent it" }),
      reportedAt: Instant,
    })),
  })),
  openSessions: Type.Array(Type.String()),
}, { title: "Station" });
export type Station = Static<typeof Station>;

export const StationQuery = Type.Object({
  ...listQuery,
  search: Type.Optional(Type.String({ maxLength: 200 })),
  tag: Type.Optional(Tag),
  status: Type.Optional(Type.String({ maxLength: 50 })),
  connected: Type.Optional(Type.Boolean()),
  locationId: Type.Optional(Identifier),
  near: Type.Optional(Type.String({
    pattern: "^-?\\d{1,2}(\\.\\d{1,12})?,\\s?-?\\d{1,3}(\\.\\d{1,12})?$",
    description: "latitude,longitude; nearest first, all within radiusM",
  })),
  radiusM: Type.Optional(
    Type.Number({ minimum: 0, maximum: SEARCH_RADIUS_METRES_MAX, default: 5_000 }),
  ),
  available: Type.Optional(Type.Boolean({ description: "Connected, with a free connector" })),
}, { additionalProperties: false });
export type StationQuery = Static<typeof StationQuery>;

/** Which stations a command for many goes to; all of what is given must hold. */
export const StationFilter = Type.Object({
  search: StationQuery.properties.search,
  tag: StationQuery.properties.tag,
  status: StationQuery.properties.status,
  connected: StationQuery.properties.connected,
  locationId: StationQuery.properties.locationId,
}, { additionalProperties: false, title: "StationFilter" });
export type StationFilter = Static<typeof StationFilter>;
