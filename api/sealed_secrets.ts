/**
 * Secrets in what operators send to stations. They leave the api sealed
 * (`schemas/sealed_secret.ts`), a station's own password with the record by which it is checked
 * from then on; journal, commands and logs never hold them readable.
 */
import { Buffer } from "node:buffer";
import { isObject } from "#schemas/command.ts";
import { isSecret } from "#schemas/device_variable.ts";
import { PlatformError } from "#schemas/errors.ts";
import { mayHoldSealed, type SealedSecret, stationSecretPurpose } from "#schemas/sealed_secret.ts";
import type { Platform } from "./platform.ts";

type Payload = Readonly<Record<string, unknown>>;

/** OCPP 1.6 security whitepaper: at most 40 hex digits. */
const KEY_DIGITS_MAX = 40;
const hexForm = /^([0-9a-f]{2})+$/i;
/** Of network profiles; numbers too (a PIN). */
const secretFields: ReadonlySet<string> = new Set(["apnPassword", "simPin", "basicAuthPassword"]);
const vpnFields: ReadonlySet<string> = new Set(["password", "key"]);

/** For which station, and by whose keys. */
interface Sealer {
  readonly asker: {
    readonly tenant: string;
    readonly platform: Pick<Platform, "passwordRecord" | "sealText">;
  };
  readonly stationId: string;
}

/**
 * The payload of a raw CALL, its secrets sealed.
 *
 * @throws {PlatformError} "invalid-value" when it holds what looks like a sealed secret already.
 */
export async function sealedCall(
  asker: Sealer["asker"],
  stationId: string,
  payload: Payload,
): Promise<Payload> {
  refuseSealed(payload);
  return await sealed({ asker, stationId }, payload) as Payload;
}

/** The body of a typed command, its secrets sealed. @throws as `sealedCall` does. */
export async function sealedBody(
  asker: Sealer["asker"],
  stationId: string,
  { kind, body }: { readonly kind: string; readonly body: Payload },
): Promise<Payload> {
  refuseSealed(body);
  const sealer: Sealer = { asker, stationId };
  if (kind !== "set-password") return await sealed(sealer, body) as Payload;
  const password = String(body["password"]);
  const key = keyOf(password);
  return {
    password: await sealedPassword(sealer, password, password),
    ...(key === undefined ? {} : { key: await sealedPassword(sealer, key, recordedKey(key)) }),
  };
}

/** @throws {PlatformError} "malformed": what is for many stations is stored readable. */
export function requireNoSecret(
  { kind, body }: { readonly kind: string; readonly body: Payload },
): void {
  if (!holdsSecret(kind, body)) return;
  throw new PlatformError(
    "malformed",
    "Cannot send a secret to many stations: each has its own, set it at the station",
  );
}

/** Whether the body of a command holds a secret: it cannot be one for many stations then. */
export function holdsSecret(kind: string, body: Payload): boolean {
  return kind === "set-password" || findsSecret(body);
}

/**
 * The hex key of 1.6 for a password: itself when it is one, else its bytes in hex; undefined when
 * there is no room for it.
 */
function keyOf(password: string): string | undefined {
  const key = hexForm.test(password) ? password : Buffer.from(password).toString("hex");
  return key.length <= KEY_DIGITS_MAX ? key : undefined;
}

/** Stations come with the text or with the bytes, so that case must not count when it is mixed. */
function recordedKey(key: string): string {
  const isOneCase = key === key.toLowerCase() || key === key.toUpperCase();
  return hexForm.test(key) && !isOneCase ? key.toLowerCase() : key;
}

function refuseSealed(payload: Payload): void {
  if (!mayHoldSealed(JSON.stringify(payload))) return;
  throw new PlatformError("invalid-value", 'Cannot send: "$sealed" is a word of the platform');
}

async function sealed(sealer: Sealer, value: unknown): Promise<unknown> {
  if (Array.isArray(value)) return await Promise.all(value.map((each) => sealed(sealer, each)));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(async ([name, each]) => {
    const kind = secretKind(value, name, each);
    if (kind === undefined) return [name, await sealed(sealer, withVpn(name, each, sealer))];
    if (kind === "other" || typeof each !== "string") return [name, seal(sealer, each)];
    const recorded = kind === "key" ? recordedKey(each) : each;
    return [name, await sealedPassword(sealer, each, recorded)];
  });
  return Object.fromEntries(await Promise.all(entries));
}

function findsSecret(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(findsSecret);
  if (!isObject(value)) return false;
  return Object.entries(value).some(([name, each]) =>
    secretKind(value, name, each) !== undefined || isVpn(name, each) || findsSecret(each)
  );
}

/** VPN settings are known by where they stand: their fields have everyday names. */
function withVpn(name: string, value: unknown, sealer: Sealer): unknown {
  if (!isVpn(name, value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, each]) => [
      field,
      vpnFields.has(field) ? seal(sealer, each) : each,
    ]),
  );
}

function isVpn(name: string, value: unknown): value is Payload {
  return name === "vpn" && isObject(value) && [...vpnFields].some((field) => field in value);
}

/** `password`, `key`: what the station connects with, in 2.x and 1.6; undefined: no secret. */
function secretKind(
  holder: Payload,
  name: string,
  value: unknown,
): "password" | "key" | "other" | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  if (secretFields.has(name)) return "other";
  if (name !== "value" && name !== "attributeValue") return undefined;
  const { key, component, variable, attribute = "Actual", attributeType = attribute } = holder;
  const variableName = typeof key === "string" ? key : nameOf(variable);
  if (!isSecret({ variable: variableName })) return undefined;
  if (attributeType !== "Actual") return "other";
  if (variableName.toLowerCase() === "authorizationkey") return "key";
  const isOwn = variableName.toLowerCase() === "basicauthpassword" &&
    /^(securityctrlr)?$/i.test(nameOf(component));
  return isOwn ? "password" : "other";
}

/** Typed commands may name them by a text, the standard by an object. */
function nameOf(value: unknown): string {
  const name = isObject(value) ? value["name"] : value;
  return typeof name === "string" ? name : "";
}

function seal({ asker: { platform, tenant }, stationId }: Sealer, secret: unknown): SealedSecret {
  const owner = [stationSecretPurpose, tenant, stationId] as const;
  return { $sealed: platform.sealText(JSON.stringify(secret), owner) };
}

async function sealedPassword(
  sealer: Sealer,
  secret: string,
  recorded: string,
): Promise<SealedSecret> {
  const record = await sealer.asker.platform.passwordRecord(recorded);
  return { ...seal(sealer, secret), record };
}
