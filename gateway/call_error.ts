/**
 * Anything that failed, as a CALLERROR. Every kind has its code in every version, or it does not
 * compile.
 */
import { type ErrorKind, type FieldError, PlatformError } from "#schemas/errors.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { encodeError } from "./frame.ts";
import { storable } from "./payload_guard.ts";

/** Null: the version answers nothing. */
type Codes = Readonly<Record<ErrorKind, string | null>>;

/**
 * OCPP 1.6J, 4.2.3, whose two misspelt codes are facts of the wire; 4.1.3 ignores unknown types.
 */
const codes16: Codes = {
  "unreadable-frame": "FormationViolation",
  "unknown-message-type": null,
  "unknown-action": "NotImplemented",
  "unsupported": "NotSupported",
  "wrong-type": "TypeConstraintViolation",
  "missing-field": "OccurenceConstraintViolation",
  "invalid-value": "PropertyConstraintViolation",
  "malformed": "FormationViolation",
  "unauthenticated": "SecurityError",
  "forbidden": "SecurityError",
  "not-found": "GenericError",
  "conflict": "GenericError",
  "key-reused": "GenericError",
  "overloaded": "InternalError",
  "unavailable": "InternalError",
  "timed-out": "InternalError",
  "bug": "InternalError",
};

/** OCPP 2.0.1 and 2.1 Part 4, 4.3. */
const codes2: Codes = {
  ...codes16,
  "unreadable-frame": "RpcFrameworkError",
  "unknown-message-type": "MessageTypeNotSupported",
  "missing-field": "OccurrenceConstraintViolation",
  "malformed": "FormatViolation",
};

export const errorCodes: Readonly<Record<OcppProtocol, Codes>> = {
  "ocpp1.6": codes16,
  "ocpp2.0.1": codes2,
  "ocpp2.1": codes2,
};

/** The id of an answer to a frame without a readable one (OCPP 2.0.1 Part 4, 4.2.3). */
const UNREADABLE_ID = '"-1"';

/** OCPP 1.6J and 2.0.1 Part 4, 4.2.3. */
const DESCRIPTION_MAX = 255;

/** What the frame tells of bad fields; the description names the first in any case. */
const FIELDS_MAX = 5;

export interface Failure {
  readonly kind: ErrorKind;
  readonly detail: string;
  readonly fields?: readonly FieldError[];
}

/** The CALLERROR for a failure, or undefined when this version does not answer it. */
export function encodeCallError(
  protocol: OcppProtocol,
  idText: string | undefined,
  failure: Failure,
): string | undefined {
  const code = errorCodes[protocol][failure.kind];
  if (code === null) return undefined;
  if (idText === undefined && protocol === "ocpp1.6") return undefined;
  const fields = (failure.fields ?? []).slice(0, FIELDS_MAX);
  const details = fields.length === 0 ? {} : { fields };
  return encodeError(idText ?? UNREADABLE_ID, code, descriptionOf(failure), details);
}

/** What a caller may know of anything thrown: a bug never shows its message. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof PlatformError && thrown.kind !== "bug") {
    return { kind: thrown.kind, detail: thrown.message, fields: thrown.fields };
  }
  return { kind: "bug", detail: "Internal error" };
}

function descriptionOf({ kind, detail }: Failure): string {
  return kind === "bug" ? "Internal error" : storable(detail, DESCRIPTION_MAX);
}
