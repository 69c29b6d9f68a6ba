import { Type } from "@sinclair/typebox";
import { isObject } from "#schemas/command.ts";
import { oneOf } from "#schemas/rest/shape.ts";
import { defineStationCommand, type StationCommand, unsupported } from "./define.ts";

const INTEGER_MAX = 2_147_483_647;
/** A day: a station that waits longer for an answer is lost. */
const MESSAGE_TIMEOUT_S_MAX = 86_400;

function text(maxLength: number): ReturnType<typeof Type.String> {
  return Type.String({ minLength: 1, maxLength, pattern: "^[^\\u0000]+$" });
}

const Vpn = Type.Object({
  server: text(512),
  user: text(20),
  group: Type.Optional(text(20)),
  password: text(20),
  key: text(255),
  type: oneOf(["IKEv2", "IPSec", "L2TP", "PPTP"]),
}, { additionalProperties: false, title: "NetworkProfileVpn" });

const Apn = Type.Object({
  apn: text(512),
  apnUserName: Type.Optional(text(20)),
  apnPassword: Type.Optional(text(20)),
  simPin: Type.Optional(Type.Integer({ minimum: 0, maximum: INTEGER_MAX })),
  preferredNetwork: Type.Optional(text(6)),
  useOnlyPreferredNetwork: Type.Optional(Type.Boolean()),
  apnAuthentication: oneOf(["CHAP", "NONE", "PAP", "AUTO"]),
}, { additionalProperties: false, title: "NetworkProfileApn" });

export const ocppInterfaces = [
  ...["Wired0", "Wired1", "Wired2", "Wired3"],
  ...["Wireless0", "Wireless1", "Wireless2", "Wireless3"],
] as const;

/** In the standard's words; `messageTimeout` is in seconds. */
const ConnectionData = Type.Object({
  ocppVersion: oneOf(["OCPP12", "OCPP15", "OCPP16", "OCPP20", "OCPP201", "OCPP21"], {
    description: "OCPP20 also stands for 2.0.1; the last two are for stations of 2.1",
  }),
  ocppTransport: oneOf(["JSON", "SOAP"], { default: "JSON" }),
  ocppCsmsUrl: text(512),
  messageTimeout: Type.Integer({ minimum: 1, maximum: MESSAGE_TIMEOUT_S_MAX, default: 30 }),
  securityProfile: Type.Integer({ minimum: 0, maximum: 3 }),
  ocppInterface: oneOf(ocppInterfaces),
  vpn: Type.Optional(Vpn),
  apn: Type.Optional(Apn),
}, { additionalProperties: false, title: "NetworkConnectionProfile" });

const fields = {
  profile: [
    ...["ocppVersion", "ocppTransport", "ocppCsmsUrl", "messageTimeout", "securityProfile"],
    ...["ocppInterface", "vpn", "apn"],
  ],
  vpn: ["server", "user", "group", "password", "key", "type"],
  apn: [
    ...["apn", "apnUserName", "apnPassword", "simPin", "preferredNetwork"],
    ...["useOnlyPreferredNetwork", "apnAuthentication"],
  ],
} as const;

export const networkProfileCommands = {
  /** OCPP 2.0.1 Part 2, B09. */
  "set-network-profile": defineStationCommand({
    summary: "Writes how the station connects into one of its slots",
    body: Type.Object({
      configurationSlot: Type.Integer({ minimum: 0, maximum: INTEGER_MAX }),
      connectionData: ConnectionData,
    }, { additionalProperties: false, title: "SetNetworkProfile" }),
    isIdempotent: true,
    to16: () => {
      throw unsupported("set a network profile", "OCPP 1.6");
    },
    to2: ({ configurationSlot, connectionData }, { protocol }) => {
      const { vpn, apn, ...rest } = connectionData;
      const isNew = rest.ocppVersion === "OCPP201" || rest.ocppVersion === "OCPP21";
      if (isNew && protocol === "ocpp2.0.1") {
        throw unsupported(`name ${rest.ocppVersion}`, "OCPP 2.0.1");
      }
      return {
        action: "SetNetworkProfile",
        payload: {
          configurationSlot,
          connectionData: inOrder({
            ...rest,
            ...(vpn === undefined ? {} : { vpn: inOrder(vpn, fields.vpn) }),
            ...(apn === undefined ? {} : { apn: inOrder(apn, fields.apn) }),
          }, fields.profile),
        },
      };
    },
  }),
} as const satisfies Record<string, StationCommand>;

/** The fields that are there, in the order of the standard's table. */
function inOrder(value: unknown, names: readonly string[]): Readonly<Record<string, unknown>> {
  const known = isObject(value) ? value : {};
  return Object.fromEntries(
    names.filter((name) => known[name] !== undefined).map((name) => [name, known[name]]),
  );
}
