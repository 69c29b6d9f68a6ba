/** Typed commands that are declared whole in one place: shape, wording of each version, outcome. */
import type { CommandOutcome, OutgoingCall } from "#schemas/command.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import type { Static, TSchema } from "#schemas/rest/shape.ts";
import type { ItemBlock, StationItem } from "#schemas/station_items.ts";

/** What a wording may need beyond the body. */
export interface WordingFacts {
  readonly protocol: OcppProtocol;
  /** Type of the token that the body names (`tokenUid`); the default of tokens is ISO14443. */
  readonly tokenType: string;
  /** Of the token that the body names; null = it has none, or is unknown. */
  readonly tokenGroupId: string | null;
  /** A positive number that this station was not given before: for `requestId` and the like. */
  readonly requestId: number;
  /** When the command is worded: for stations that want a time where a body gives none. */
  readonly now: number;
  /** Items of the blocks in `reads`. */
  readonly items: readonly StationItem[];
  /** @throws {PlatformError} when the session is not an open one of this station. */
  transactionOf(sessionId: string): string;
}

export type Worded = OutgoingCall | readonly OutgoingCall[];

export interface StationCommand {
  /** A few words for operators and the OpenAPI document. */
  readonly summary: string;
  readonly body: TSchema;
  /** Done twice it does the same, so it may be sent again when nobody knows whether it was done. */
  readonly isIdempotent: boolean;
  /** Blocks whose items the wording wants to see. */
  readonly reads: readonly ItemBlock[];
  /**
   * Of several CALLs the rest is sent although the station refused one; default: it is not.
   */
  readonly goesOn: boolean;
  // deno-lint-ignore no-explicit-any
  to16(body: any, facts: WordingFacts): Worded;
  // deno-lint-ignore no-explicit-any
  to2(body: any, facts: WordingFacts): Worded;
  /** What the response to one CALL means; undefined = by its `status`. */
  readonly toOutcome: ((response: unknown) => CommandOutcome) | undefined;
}

/**
 * Declares a command. `to16` and `to2` give the CALLs that carry it out, keys in the order of the
 * standard's tables: several are sent one after the other, each when the one before is answered.
 * They throw a {@link PlatformError} "unsupported" where the version has no word for it, and
 * "invalid-value" for a body that this version cannot carry.
 */
export function defineStationCommand<Body extends TSchema>(command: {
  readonly summary: string;
  readonly body: Body;
  readonly isIdempotent: boolean;
  readonly reads?: readonly ItemBlock[];
  readonly goesOn?: boolean;
  to16(body: Static<Body>, facts: WordingFacts): Worded;
  to2(body: Static<Body>, facts: WordingFacts): Worded;
  toOutcome?(response: unknown): CommandOutcome;
}): StationCommand {
  return {
    ...command,
    reads: command.reads ?? [],
    goesOn: command.goesOn ?? false,
    toOutcome: command.toOutcome,
  };
}

/** For a wording that the version does not have. */
export function unsupported(what: string, version: string): PlatformError {
  return new PlatformError("unsupported", `Cannot ${what}: ${version} has no word for it`);
}

/** The CALLs of a command in the words of the station's version. */
export function wordsOf(
  command: StationCommand,
  body: unknown,
  facts: WordingFacts,
): readonly OutgoingCall[] {
  const worded = facts.protocol === "ocpp1.6"
    ? command.to16(body, facts)
    : command.to2(body, facts);
  const calls: readonly OutgoingCall[] = "action" in worded ? [worded] : worded;
  if (calls.length > 0) return calls;
  throw new PlatformError("invalid-value", "Cannot send the command: it says nothing");
}
