import { PlatformError } from "./errors.ts";
import type { StationEvent } from "./events/station.ts";

/**
 * One OCPP message of one version that a station sends: what it means, and how our reply is worded.
 * Shapes are the official JSON schema of that name (see `ocpp_schemas.ts`); the payload given here
 * has passed it, or breaks it only where we are tolerant.
 */
export interface StationMessage {
  readonly action: string;
  /** The clause that this file implements, for example "OCPP 2.0.1 Part 2, G01". */
  readonly specification: string;
  /** Translates the payload into the inner language. `now` stands in for times that are missing. */
  // deno-lint-ignore no-explicit-any
  toEvent(payload: any, now: number): StationEvent;
  /** The actor's reply in the words of this version. */
  // deno-lint-ignore no-explicit-any
  toResponse(reply: any): Readonly<Record<string, unknown>>;
}

export function defineMessage(message: StationMessage): StationMessage {
  return message;
}

/**
 * A message that is recorded and answered alike whatever it says: `answer` is the response payload
 * in the words of this version.
 */
export function defineNotice(notice: {
  readonly action: string;
  readonly specification: string;
  readonly answer: Readonly<Record<string, unknown>>;
}): StationMessage {
  const { action, specification, answer } = notice;
  return {
    action,
    specification,
    toEvent: (payload) => ({ type: "Notice", action, payload }),
    toResponse: () => answer,
  };
}

/** A message that the platform knows and cannot answer honestly: refused as "unsupported". */
export function defineUnsupported(message: {
  readonly action: string;
  readonly specification: string;
}): StationMessage {
  const refuse = (): never => {
    throw new PlatformError("unsupported", `Cannot answer ${message.action}: it is not offered`);
  };
  return { ...message, toEvent: refuse, toResponse: refuse };
}
