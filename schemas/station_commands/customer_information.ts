/** What a station has kept of a customer: OCPP 2.0.1 Part 2, N09 and N10. */
import { Type } from "@sinclair/typebox";
import { PlatformError } from "#schemas/errors.ts";
import { oneOf, type Static } from "#schemas/rest/shape.ts";
import { defineStationCommand, type StationCommand, unsupported } from "./define.ts";

const printable = "^[^\\u0000-\\u001f\\u007f]+$";
const Hash = Type.String({ minLength: 1, maxLength: 128, pattern: printable });

const CertificateHash = Type.Object({
  hashAlgorithm: oneOf(["SHA256", "SHA384", "SHA512"]),
  issuerNameHash: Hash,
  issuerKeyHash: Hash,
  serialNumber: Type.String({ minLength: 1, maxLength: 40, pattern: printable }),
}, { additionalProperties: false });

const CustomerInformation = Type.Object({
  report: Type.Boolean({ description: "The station reports what it has kept" }),
  clear: Type.Boolean({ description: "The station clears it" }),
  tokenUid: Type.Optional(Type.String({ minLength: 1, maxLength: 255, pattern: printable })),
  customerIdentifier: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, pattern: printable }),
  ),
  certificateHash: Type.Optional(CertificateHash),
}, { additionalProperties: false, title: "CustomerInformation" });
type CustomerInformation = Static<typeof CustomerInformation>;

export const customerInformationCommands = {
  "customer-information": defineStationCommand({
    summary: "Asks what the station has kept of a customer, or has it cleared",
    body: CustomerInformation,
    // Done twice it reports twice.
    isIdempotent: false,
    to16: () => {
      throw unsupported("ask for customer information", "OCPP 1.6");
    },
    to2: (body, { tokenType, requestId }) => {
      requireOneCustomer(body);
      const { report, clear, tokenUid, customerIdentifier, certificateHash } = body;
      if (!report && !clear) {
        throw new PlatformError("invalid-value", "Cannot ask: neither report nor clear is wanted", {
          fields: [{ pointer: "/report", detail: "or clear must be true" }],
        });
      }
      return {
        action: "CustomerInformation",
        payload: {
          requestId,
          report,
          clear,
          ...(customerIdentifier === undefined ? {} : { customerIdentifier }),
          ...(tokenUid === undefined ? {} : { idToken: { idToken: tokenUid, type: tokenType } }),
          ...(certificateHash === undefined ? {} : { customerCertificate: certificateHash }),
        },
      };
    },
  }),
} as const satisfies Record<string, StationCommand>;

/** N09.FR.09: one kind of identifier in a request. */
function requireOneCustomer(
  { tokenUid, customerIdentifier, certificateHash }: CustomerInformation,
): void {
  const given = [tokenUid, customerIdentifier, certificateHash]
    .filter((name) => name !== undefined);
  if (given.length === 1) return;
  throw new PlatformError(
    "invalid-value",
    "Cannot ask: name the customer by exactly one of token, identifier and certificate",
    { fields: [{ pointer: "/tokenUid", detail: "or customerIdentifier or certificateHash" }] },
  );
}
