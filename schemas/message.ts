import type { StationEvent } from "./events/station.ts";

/**
 * One OCPP message of one version that a station sends: what it means, and how our reply is worded.
 * Shapes are the official JSON schema of that name (see `ocpp_schemas.ts`); the payload given here has
 * passed it, or breaks it only where we are tolerant.
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
