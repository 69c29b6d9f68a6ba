import { Type } from "@sinclair/typebox";

import { type CommandOutcome, isObject, outcomeOfStatus } from "#schemas/command.ts";
import { PlatformError } from "#schemas/errors.ts";
import { isSealed } from "#schemas/sealed_secret.ts";
import { learnedKey, type StationItem } from "#schemas/station_items.ts";
import { defineStationCommand, type StationCommand } from "./define.ts";

type SealedBody = Readonly<Record<string, unknown>>;

const printable = "^[^\\u0000-\\u001f\\u007f]+$";
const NAME_LENGTH_MAX = 255;
const MESSAGE_LENGTH_MAX = 50;

const DataTransfer = Type.Object({
  vendorId: Type.String({ minLength: 1, maxLength: NAME_LENGTH_MAX, pattern: printable }),
  messageId: Type.Optional(
    Type.String({ minLength: 1, maxLength: MESSAGE_LENGTH_MAX, pattern: printable }),
  ),
  data: Type.Optional(Type.Unknown({ description: "1.6 sends what is no text as JSON" })),
}, { additionalProperties: false, title: "DataTransfer" });

/** OCPP 2.0.1 Part 2, A00.FR.205 asks for 16 and more; 1.6 has room for 20 bytes (40 in hex). */
export const PASSWORD_LENGTH_MAX = 40;

const SetPassword = Type.Object({
  password: Type.String({
    minLength: 1,
    maxLength: PASSWORD_LENGTH_MAX,
    pattern: printable,
    writeOnly: true,
    description: "It leaves the api sealed, and stands nowhere readable",
  }),
}, { additionalProperties: false, title: "SetPassword" });

export const securityCommands = {
  /**
   * OCPP 2.0.1 Part 2, A01; OCPP 1.6J, AuthorizationKey. The api has replaced the body: `password`
   * is the sealed text for 2.x, `key` the sealed hex key for 1.6.
   */
  "set-password": defineStationCommand({
    summary: "Sets the password by which the station connects, and takes it over when it accepts",
    body: SetPassword,
    isIdempotent: false,
    reads: ["quirk"],
    to16: (body: SealedBody, { items }) => {
      const value = takesText(items) ? body["password"] : body["key"];
      if (!isSealed(value)) {
        throw new PlatformError(
          "invalid-value",
          "Cannot set the password: OCPP 1.6 has room for 20 characters, or 40 hex digits",
          { fields: [{ pointer: "/password", detail: "must be shorter" }] },
        );
      }
      return {
        action: "ChangeConfiguration",
        payload: { key: "AuthorizationKey", value },
      };
    },
    to2: (body: SealedBody) => ({
      action: "SetVariables",
      payload: {
        setVariableData: [{
          attributeValue: body["password"],
          component: { name: "SecurityCtrlr" },
          variable: { name: "BasicAuthPassword" },
        }],
      },
    }),
    toOutcome: outcomeOfSetting,
  }),
  /** OCPP 2.0.1 Part 2, P01; OCPP 1.6J, 5.6. */
  "data-transfer": defineStationCommand({
    summary: "Sends the station what its vendor has beside the standard",
    body: DataTransfer,
    isIdempotent: false,
    to16: ({ vendorId, messageId, data }) => ({
      action: "DataTransfer",
      payload: {
        vendorId,
        ...(messageId === undefined ? {} : { messageId }),
        ...(data === undefined
          ? {}
          : { data: typeof data === "string" ? data : JSON.stringify(data) }),
      },
    }),
    to2: ({ vendorId, messageId, data }) => ({
      action: "DataTransfer",
      payload: {
        ...(messageId === undefined ? {} : { messageId }),
        ...(data === undefined ? {} : { data }),
        vendorId,
      },
    }),
  }),
} as const satisfies Record<string, StationCommand>;

/** Whether an operator has said, or the station has shown, that hex digits are not for it. */
function takesText(items: readonly StationItem[]): boolean {
  return items.some(({ key, body }) =>
    (key === "authorization-key-text" && body["choice"] === "on") ||
    (key === learnedKey.authorizationKey && typeof body["dismissedAt"] !== "string")
  );
}

/** SetVariables answers each variable, ChangeConfiguration the one key. */
function outcomeOfSetting(response: unknown): CommandOutcome {
  const results = isObject(response) ? response["setVariableResult"] : undefined;
  const [result] = Array.isArray(results) ? results : [];
  const status = isObject(result) ? result["attributeStatus"] : statusOf(response);
  return status === "RebootRequired"
    ? { status: "accepted", reason: status, transactionId: null }
    : outcomeOfStatus({ status });
}

function statusOf(response: unknown): unknown {
  return isObject(response) ? response["status"] : undefined;
}
