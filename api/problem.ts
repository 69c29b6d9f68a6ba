/**
 * Anything thrown → `application/problem+json` (RFC 9457). The only file that knows HTTP statuses
 * of errors.
 */
import { type ErrorKind, errorKinds, type FieldError, toPlatformError } from "#schemas/errors.ts";
import type { Problem } from "#schemas/rest/shape.ts";
import type { Reply } from "./reply.ts";

const statusOf = {
  "unreadable-frame": 400,
  "unknown-message-type": 400,
  "unknown-action": 422,
  "unsupported": 422,
  "wrong-type": 422,
  "missing-field": 422,
  "invalid-value": 422,
  "malformed": 400,
  "unauthenticated": 401,
  "forbidden": 403,
  "not-found": 404,
  "conflict": 409,
  "key-reused": 422,
  "overloaded": 429,
  "unavailable": 503,
  "timed-out": 504,
  "bug": 500,
} as const satisfies Record<ErrorKind, number>;

const retryAfterSecondsDefault = 1;

/** What is wrong with HTTP itself, before any of our words apply. */
const refusals = {
  "method-not-allowed": { status: 405, title: "This resource has no such method" },
  "too-large": { status: 413, title: "The body is too large" },
} as const;

/** A refusal on the level of HTTP; actors and stations know no such thing. */
export class HttpRefusal extends Error {
  readonly refusal: keyof typeof refusals;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    refusal: keyof typeof refusals,
    detail: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.name = "HttpRefusal";
    this.refusal = refusal;
    this.headers = headers;
  }
}

/** `instance` is the path that was asked for. */
export function problemReply(thrown: unknown, instance: string): Reply {
  if (thrown instanceof HttpRefusal) {
    const { status, title } = refusals[thrown.refusal];
    return reply({
      type: `/problems/${thrown.refusal}`,
      title,
      status,
      detail: thrown.message,
      instance,
    }, thrown.headers);
  }
  const error = toPlatformError(thrown);
  const { retry, title } = errorKinds[error.kind];
  const status = statusOf[error.kind];
  const headers: Record<string, string> = {};
  if (retry === "later" && status !== 504) {
    headers["retry-after"] = String(
      Math.ceil(error.retryAfterSeconds ?? retryAfterSecondsDefault),
    );
  }
  if (status === 401) headers["www-authenticate"] = 'Bearer realm="statewatt"';
  return reply({
    type: `/problems/${error.kind}`,
    title,
    status,
    detail: error.message,
    instance,
    ...(error.fields.length === 0 ? {} : { errors: plain(error.fields) }),
  }, headers);
}

function reply(problem: Problem, headers: Readonly<Record<string, string>>): Reply {
  return {
    status: problem.status,
    body: problem,
    headers: { ...headers, "content-type": "application/problem+json" },
  };
}

function plain(fields: readonly FieldError[]): { pointer: string; detail: string }[] {
  return fields.map(({ pointer, detail }) => ({ pointer, detail }));
}
