/**
 * How a secret for a station stands in a payload between the api, which seals it, and the gateway,
 * which opens it just before it leaves: journal, commands and the OCPP log hold nothing else.
 */
import type { PasswordRecord } from "./events/gateway.ts";
import { isObject } from "./command.ts";

/** The purpose of the seal (`engine/sealed_text.ts`); it holds for one station. */
export const stationSecretPurpose = "statewatt station secret";

export interface SealedSecret {
  /** JSON text of the secret, sealed. */
  readonly $sealed: string;
  /** Of a password by which the station will connect: how it is checked then. */
  readonly record?: PasswordRecord;
}

export function isSealed(value: unknown): value is SealedSecret {
  return isObject(value) && typeof value["$sealed"] === "string";
}

/** The value with each sealed secret replaced by what `replace` gives; the rest as it is. */
export function replaceSealed(value: unknown, replace: (secret: SealedSecret) => unknown): unknown {
  if (isSealed(value)) return replace(value);
  if (Array.isArray(value)) return value.map((each) => replaceSealed(each, replace));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, replaceSealed(each, replace)]),
  );
}

/** For people: that there is a secret, and nothing of it. */
export function withoutSecrets(value: unknown): unknown {
  return replaceSealed(value, () => SECRET_SHOWN);
}
const SECRET_SHOWN = "••••••";

/** Whether a text of JSON may hold a sealed secret: a cheap question before a dear one. */
export function mayHoldSealed(json: string): boolean {
  return json.includes('"$sealed"');
}
