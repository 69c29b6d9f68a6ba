/** The input `station`: what a step needs of the read model of its own station. */
import type { InputRequest } from "#engine/actor.ts";
import type { OutgoingCall } from "#schemas/command.ts";
import type { ItemBlock, StationItem } from "#schemas/station_items.ts";

/** What a step asks for; the provider is `actors/adapters/station_inputs.ts`. */
export interface StationWish {
  readonly stationId: string;
  readonly commandIds: readonly string[];
  readonly blocks: readonly ItemBlock[];
  /**
   * When CALLs were answered: the number of that CALL. No more is read then of a command than this
   * CALL and the next, and the request of a raw call: what a step reads is journalled with it.
   */
  readonly part?: number;
}

/** A command as the read model keeps it. */
export interface KeptCommand {
  /** The body of a typed command, `{action, payload}` of a raw call. */
  readonly request: Readonly<Record<string, unknown>>;
  /** From number `from` on; null = not worded yet, or beyond the last. */
  readonly calls: readonly (OutgoingCall | null)[] | null;
  /** 0 by default. */
  readonly from?: number;
  /** What was answered so far. */
  readonly response: unknown;
}

export interface StationInput {
  readonly commands: Readonly<Record<string, KeptCommand>>;
  readonly items: readonly StationItem[];
}

const nothing: StationInput = { commands: {}, items: [] };

/** As the step was given it; empty when it asked for nothing. */
export function stationInput(inputs: Readonly<Record<string, unknown>>): StationInput {
  return (inputs["station"] ?? nothing) as StationInput;
}

/** One of the command's CALLs, as far as it was read. */
export function callOf(kept: KeptCommand | undefined, part: number): OutgoingCall | undefined {
  return kept?.calls?.[part - (kept.from ?? 0)] ?? undefined;
}

/** The request for it, or none when there is nothing to read. */
export function stationRequest(wish: StationWish): readonly InputRequest[] {
  if (wish.commandIds.length === 0 && wish.blocks.length === 0) return [];
  return [{ name: "station", source: "station", request: wish, readsOwnRows: true }];
}
