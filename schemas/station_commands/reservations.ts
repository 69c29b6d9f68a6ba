import { Type } from "@sinclair/typebox";
import { connectorTypes201 } from "#schemas/connector_types.ts";
import { PlatformError } from "#schemas/errors.ts";
import { formatInstant, parseInstant } from "#schemas/instant.ts";
import { Instant, nullable, type Static } from "#schemas/rest/shape.ts";
import { defineStationCommand, type StationCommand, unsupported } from "./define.ts";

const printable = "^[^\\u0000-\\u001f\\u007f]+$";
const Uid = Type.String({ minLength: 1, maxLength: 255, pattern: printable });

/** OCPP: an int32, ours are positive. */
export const ReservationId = Type.Integer({ minimum: 0, maximum: 2_147_483_647 });

/** What is reserved; the same whether it is asked for as a reservation or as a command. */
export const reservationTerms = {
  evseId: Type.Optional(nullable(Type.Integer({
    minimum: 0,
    maximum: 2_147_483_647,
    description: "Left out, null or 0: whichever is free",
  }))),
  connectorType: Type.Optional(nullable(Type.String({
    minLength: 1,
    maxLength: 20,
    pattern: "^[A-Za-z0-9._-]+$",
    description: "OCPP 2.x ConnectorEnum: any connector of that type",
  }))),
  tokenUid: Uid,
  groupId: Type.Optional(nullable(Uid)),
  expiresAt: Instant,
} as const;

const Reserve = Type.Object({ reservationId: ReservationId, ...reservationTerms }, {
  additionalProperties: false,
  title: "Reserve",
});
type Reserve = Static<typeof Reserve>;

const CancelReservation = Type.Object({ reservationId: ReservationId }, {
  additionalProperties: false,
  title: "CancelReservation",
});

/** OCPP 1.6J, 7.25 CiString20Type; OCPP 2.0.1 Part 2, IdTokenType; 2.1 has room for 255. */
const UID_MAX_16 = 20;
const UID_MAX_201 = 36;

export const reservationsCommands = {
  /** OCPP 1.6J, 5.13; OCPP 2.0.1 Part 2, H01. The same id replaces. */
  "reserve": defineStationCommand({
    summary: "Reserves an EVSE, a type of connector, or whichever is free",
    body: Reserve,
    isIdempotent: false,
    to16: (body) => {
      const { evseId, tokenUid, groupId, reservationId } = body;
      if (isGiven(body.connectorType)) throw unsupported("reserve by connector type", "OCPP 1.6");
      const expiryDate = expiryOf(body);
      return {
        action: "ReserveNow",
        payload: {
          connectorId: evseId ?? 0,
          expiryDate,
          idTag: fitting("tokenUid", tokenUid, UID_MAX_16),
          ...(isGiven(groupId) ? { parentIdTag: fitting("groupId", groupId, UID_MAX_16) } : {}),
          reservationId,
        },
      };
    },
    to2: (body, { protocol, tokenType }) => {
      const { evseId, connectorType, tokenUid, groupId, reservationId } = body;
      const uidMax = protocol === "ocpp2.0.1" ? UID_MAX_201 : tokenUid.length;
      const groupMax = protocol === "ocpp2.0.1" ? UID_MAX_201 : (groupId ?? "").length;
      return {
        action: "ReserveNow",
        payload: {
          id: reservationId,
          expiryDateTime: expiryOf(body),
          ...(isGiven(connectorType)
            ? { connectorType: knownConnectorType(connectorType, protocol) }
            : {}),
          idToken: { idToken: fitting("tokenUid", tokenUid, uidMax), type: tokenType },
          ...(isGiven(evseId) && evseId !== 0 ? { evseId } : {}),
          // Groups are made here, not printed on a card: type Central is the one for that.
          ...(isGiven(groupId)
            ? { groupIdToken: { idToken: fitting("groupId", groupId, groupMax), type: "Central" } }
            : {}),
        },
      };
    },
  }),
  /** OCPP 1.6J, 5.2; OCPP 2.0.1 Part 2, H02. */
  "cancel-reservation": defineStationCommand({
    summary: "Cancels a reservation",
    body: CancelReservation,
    isIdempotent: true,
    to16: ({ reservationId }) => ({ action: "CancelReservation", payload: { reservationId } }),
    to2: ({ reservationId }) => ({ action: "CancelReservation", payload: { reservationId } }),
  }),
} as const satisfies Record<string, StationCommand>;

function isGiven<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined;
}

/** In UTC with three decimals, however it was written. */
function expiryOf({ expiresAt }: Pick<Reserve, "expiresAt">): string {
  const at = parseInstant(expiresAt);
  if (at !== null) return formatInstant(at);
  throw refusal("expiresAt", "must be a date and time");
}

function fitting(field: string, uid: string, max: number): string {
  if (uid.length <= max) return uid;
  throw refusal(field, `must have at most ${max} characters for this station`);
}

function knownConnectorType(type: string, protocol: string): string {
  const isKnown = protocol !== "ocpp2.0.1" || connectorTypes201.some((known) => known === type);
  if (isKnown) return type;
  throw refusal("connectorType", "must be one of ConnectorEnum of OCPP 2.0.1");
}

function refusal(field: string, detail: string): PlatformError {
  return new PlatformError("invalid-value", `Cannot reserve: ${field} ${detail}`, {
    fields: [{ pointer: `/${field}`, detail }],
  });
}
