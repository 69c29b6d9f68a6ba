import { type Address, formatAddress, parseAddress } from "#schemas/address.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { OperationArgs } from "../ports/operations.ts";

/** @throws {PlatformError} "malformed" when it is no address of an actor. */
export function actorOf({ actor = "" }: OperationArgs): { text: string; address: Address } {
  try {
    const address = parseAddress(actor);
    return { address, text: formatAddress(address) };
  } catch {
    const form = "<tenant>:<kind>/<key>";
    throw new PlatformError("malformed", `Cannot find "${actor}": an actor is ${form}`);
  }
}

export interface NumberRule {
  readonly min: number;
  readonly max: number;
  /** When it is absent. */
  readonly otherwise?: number;
}

/** @throws {PlatformError} "invalid-value" when it is no whole number in its bounds. */
export function numberOf(args: OperationArgs, name: string, rule: NumberRule): number {
  const text = args[name];
  if (text === undefined && rule.otherwise !== undefined) return rule.otherwise;
  const number = text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= rule.min && number <= rule.max) return number;
  const detail =
    `Cannot take ${name} "${text}": it is a whole number from ${rule.min} to ${rule.max}`;
  throw new PlatformError("invalid-value", detail);
}
