/**
 * Every way a request can fail, and whether trying again can help. Each edge renders all of them by
 * a table typed `Record<ErrorKind, …>`: OCPP in `gateway/call_error.ts`, HTTP in `api/problem.ts`.
 */
export const errorKinds = {
  "unreadable-frame": { retry: "never", title: "The frame cannot be read" },
  "unknown-message-type": { retry: "never", title: "No such message type" },
  "unknown-action": { retry: "never", title: "No such action" },
  "unsupported": { retry: "never", title: "Known but not offered" },
  "wrong-type": { retry: "never", title: "A field has the wrong type" },
  "missing-field": { retry: "never", title: "A field is missing or surplus" },
  "invalid-value": { retry: "never", title: "A value is not allowed" },
  "malformed": { retry: "never", title: "The shape is wrong" },
  "unauthenticated": { retry: "never", title: "Who are you" },
  "forbidden": { retry: "never", title: "Not allowed" },
  "not-found": { retry: "never", title: "Not found" },
  "conflict": { retry: "never", title: "The current state forbids this" },
  "key-reused": { retry: "never", title: "The idempotency key was used for another request" },
  "overloaded": { retry: "later", title: "A limit was reached" },
  "unavailable": { retry: "later", title: "A part of the platform is not reachable" },
  "timed-out": { retry: "later", title: "The other side did not answer" },
  "bug": { retry: "never", title: "Internal error" },
} as const satisfies Record<string, { retry: "never" | "later"; title: string }>;

export type ErrorKind = keyof typeof errorKinds;

/** One bad field of a request: where, and what is wrong with it. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

export interface PlatformErrorOptions {
  readonly cause?: unknown;
  readonly fields?: readonly FieldError[];
  /** Seconds after which a retry makes sense; only for kinds whose retry is "later". */
  readonly retryAfterSeconds?: number;
}

/**
 * An error that the caller should see. `detail` reads "Cannot <action>: <the state found>", without
 * a full stop, stack or SQL. Anything else that is thrown is a bug and never shows its message.
 */
export class PlatformError extends Error {
  readonly kind: ErrorKind;
  readonly fields: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;

  constructor(kind: ErrorKind, detail: string, options: PlatformErrorOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "PlatformError";
    this.kind = kind;
    this.fields = options.fields ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** The stored and transported form of an error. */
export interface ErrorDocument {
  readonly kind: ErrorKind;
  readonly detail: string;
  readonly fields?: readonly FieldError[];
  readonly retryAfterSeconds?: number;
}

/** Turns anything thrown into a PlatformError; what was not meant for the caller stays inside. */
export function toPlatformError(thrown: unknown): PlatformError {
  if (thrown instanceof PlatformError) return thrown;
  return new PlatformError("bug", "Cannot complete the request: internal error", { cause: thrown });
}

export function toErrorDocument(thrown: unknown): ErrorDocument {
  const error = toPlatformError(thrown);
  return {
    kind: error.kind,
    detail: error.message,
    ...(error.fields.length > 0 ? { fields: error.fields } : {}),
    ...(error.retryAfterSeconds === undefined
      ? {}
      : { retryAfterSeconds: error.retryAfterSeconds }),
  };
}

export function fromErrorDocument(document: ErrorDocument): PlatformError {
  return new PlatformError(document.kind, document.detail, {
    ...(document.fields === undefined ? {} : { fields: document.fields }),
    ...(document.retryAfterSeconds === undefined
      ? {}
      : { retryAfterSeconds: document.retryAfterSeconds }),
  });
}
