import { Type } from "@sinclair/typebox";
import { type CommandOutcome, isObject, outcomeOfStatus } from "#schemas/command.ts";
import { PlatformError } from "#schemas/errors.ts";
import { formatInstant } from "#schemas/instant.ts";
import { Instant, type Static } from "#schemas/rest/shape.ts";
import {
  defineStationCommand,
  type StationCommand,
  unsupported,
  type WordingFacts,
} from "./define.ts";
import { outcomeOfTransfer, Retries, RetryIntervalSeconds, Url } from "./transfers.ts";

const CERTIFICATE_LENGTH_MAX = 5_500;
const SIGNATURE_LENGTH_MAX = 800;
const text = "^[^\\u0000]+$";

const UpdateFirmware = Type.Object({
  location: Url,
  retrieveAt: Type.Optional(Type.Unsafe<string>({
    ...Instant,
    description: "When the station loads it; absent = now",
  })),
  installAt: Type.Optional(Type.Unsafe<string>({
    ...Instant,
    description: "When it installs it; absent = as soon as it can",
  })),
  signingCertificate: Type.Optional(Type.String({
    minLength: 1,
    maxLength: CERTIFICATE_LENGTH_MAX,
    pattern: text,
    description: "PEM; with it the station checks the signature",
  })),
  signature: Type.Optional(Type.String({
    minLength: 1,
    maxLength: SIGNATURE_LENGTH_MAX,
    pattern: text,
    description: "Of the file, in base64",
  })),
  retries: Type.Optional(Retries),
  retryIntervalSeconds: Type.Optional(RetryIntervalSeconds),
}, { additionalProperties: false, title: "UpdateFirmware" });
type UpdateFirmware = Static<typeof UpdateFirmware>;

const Checksum = Type.String({
  pattern: "^[0-9a-fA-F]{32}$",
  description: "MD5 of the firmware file, in hex",
});

export const firmwareCommands = {
  /** OCPP 2.0.1 Part 2, L01 and L02; OCPP 1.6J, 5.19 and its security whitepaper. */
  "update-firmware": defineStationCommand({
    summary: "Makes the station load and install firmware from a URL",
    body: UpdateFirmware,
    isIdempotent: false,
    to16: (body, { requestId, now }) => {
      if (isSigned(body)) {
        return { action: "SignedUpdateFirmware", payload: update(body, { requestId, now }) };
      }
      if (body.installAt !== undefined) {
        throw unsupported("say when unsigned firmware is installed", "OCPP 1.6");
      }
      const { location, retries, retryIntervalSeconds, retrieveAt } = body;
      return {
        action: "UpdateFirmware",
        payload: {
          location,
          ...(retries === undefined ? {} : { retries }),
          retrieveDate: retrieveAt ?? formatInstant(now),
          ...(retryIntervalSeconds === undefined ? {} : { retryInterval: retryIntervalSeconds }),
        },
      };
    },
    to2: (body, { requestId, now }) => {
      isSigned(body);
      return { action: "UpdateFirmware", payload: update(body, { requestId, now }) };
    },
    toOutcome: outcomeOfTransfer,
  }),
  /** OCPP 2.0.1 Part 2, L03. */
  "publish-firmware": defineStationCommand({
    summary: "Makes a local controller load firmware and offer it to its stations",
    body: Type.Object({
      location: Url,
      checksum: Checksum,
      retries: Type.Optional(Retries),
      retryIntervalSeconds: Type.Optional(RetryIntervalSeconds),
    }, { additionalProperties: false, title: "PublishFirmware" }),
    isIdempotent: false,
    to16: () => {
      throw unsupported("publish firmware", "OCPP 1.6");
    },
    to2: ({ location, checksum, retries, retryIntervalSeconds }, { requestId }) => ({
      action: "PublishFirmware",
      payload: {
        location,
        ...(retries === undefined ? {} : { retries }),
        checksum,
        requestId,
        ...(retryIntervalSeconds === undefined ? {} : { retryInterval: retryIntervalSeconds }),
      },
    }),
  }),
  /** OCPP 2.0.1 Part 2, L04. */
  "unpublish-firmware": defineStationCommand({
    summary: "Makes a local controller offer this firmware no longer",
    body: Type.Object({ checksum: Checksum }, {
      additionalProperties: false,
      title: "UnpublishFirmware",
    }),
    isIdempotent: true,
    to16: () => {
      throw unsupported("unpublish firmware", "OCPP 1.6");
    },
    to2: ({ checksum }) => ({ action: "UnpublishFirmware", payload: { checksum } }),
    toOutcome: outcomeOfUnpublish,
  }),
} as const satisfies Record<string, StationCommand>;

/** @throws {PlatformError} when the certificate comes without the signature, or it without that. */
function isSigned({ signingCertificate, signature }: UpdateFirmware): boolean {
  const isWhole = (signingCertificate === undefined) === (signature === undefined);
  if (isWhole) return signature !== undefined;
  const missing = signature === undefined ? "signature" : "signingCertificate";
  throw new PlatformError(
    "missing-field",
    "Cannot update the firmware: certificate and signature go together",
    { fields: [{ pointer: `/${missing}`, detail: "is missing" }] },
  );
}

function update(
  body: UpdateFirmware,
  { requestId, now }: Pick<WordingFacts, "requestId" | "now">,
): Readonly<Record<string, unknown>> {
  const { location, retrieveAt, installAt, signingCertificate, signature } = body;
  const { retries, retryIntervalSeconds } = body;
  return {
    ...(retries === undefined ? {} : { retries }),
    ...(retryIntervalSeconds === undefined ? {} : { retryInterval: retryIntervalSeconds }),
    requestId,
    firmware: {
      location,
      retrieveDateTime: retrieveAt ?? formatInstant(now),
      ...(installAt === undefined ? {} : { installDateTime: installAt }),
      ...(signingCertificate === undefined ? {} : { signingCertificate }),
      ...(signature === undefined ? {} : { signature }),
    },
  };
}

function outcomeOfUnpublish(response: unknown): CommandOutcome {
  const status = isObject(response) ? response["status"] : undefined;
  return status === "Unpublished"
    ? { status: "accepted", reason: status, transactionId: null }
    : outcomeOfStatus(response);
}
