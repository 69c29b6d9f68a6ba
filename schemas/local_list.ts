/**
 * Local authorization lists: an entry as we keep it, and as each version words it. One list has
 * each token once; tokens are compared without case.
 */
import type { OutgoingCall } from "./command.ts";
import type { OcppProtocol } from "./events/gateway.ts";
import { parseInstant } from "./instant.ts";
import { idTagInfoOf, idTagLengthMax } from "./ocpp16/datatypes.ts";
import { idTokenInfoOf, idTokenLengthMax } from "./ocpp201/datatypes.ts";
import type { StationItem } from "./station_items.ts";
import { bytesOf, inParts, limitOf } from "./station_limits.ts";

/** AuthorizationStatusEnum of 2.x. */
export const listStatuses = [
  "Accepted",
  "Blocked",
  "ConcurrentTx",
  "Expired",
  "Invalid",
  "NoCredit",
  "NotAllowedTypeEVSE",
  "NotAtThisLocation",
  "NotAtThisTime",
  "Unknown",
] as const;

/** One token of a list. */
export interface ListEntry {
  readonly idToken: string;
  /** OCPP 2.x IdTokenEnum; 1.6 has no use for it. */
  readonly type: string;
  /** OCPP 2.x AuthorizationStatusEnum. */
  readonly status: string;
  readonly expiresAt: string | null;
  readonly groupId: string | null;
}

/** What a differential says of one token; `entry` null = it is removed. */
export interface ListChange {
  readonly idToken: string;
  readonly type: string;
  readonly entry: ListEntry | null;
}

export const updateTypes = ["Full", "Differential"] as const;
export type UpdateType = typeof updateTypes[number];

/** A list, or a change of one, to be sent: as one message or as several. */
export interface ListUpdate {
  readonly updateType: UpdateType;
  /** Of the first message; the others count on. */
  readonly version: number;
  readonly changes: readonly ListChange[];
}

/** A whole list in the journal with every message about it: no station holds more than this. */
export const LIST_ENTRIES_MAX = 2_000;

/**
 * int32 on the wire, with room for the messages of one long list; 0 and -1 have meanings of their
 * own. Beyond it versions begin again at 1, with a whole list.
 */
export const LIST_VERSION_MAX = 2_147_470_000;

/** A station that does not say how many it takes is given no more than this at once. */
const ENTRIES_DEFAULT = 50;

/** Entries in one message, and its bytes. */
export interface ListLimits {
  readonly items: number;
  readonly bytes: number;
}

/** Which token an entry is about. */
export function entryKey(idToken: string): string {
  return idToken.toLowerCase();
}

/**
 * How much the station takes in one message: SendLocalListMaxLength (OCPP 1.6J, 9.3.3),
 * ItemsPerMessage and BytesPerMessage of its controller (OCPP 2.0.1 Part 2, 2.5).
 */
export function listLimits(items: readonly StationItem[], protocol: OcppProtocol): ListLimits {
  if (protocol === "ocpp1.6") {
    const most = limitOf(items, { variable: "SendLocalListMaxLength" });
    return { items: most ?? ENTRIES_DEFAULT, bytes: Infinity };
  }
  const component = "LocalAuthListCtrlr";
  const of = (variable: string): number | undefined =>
    limitOf(items, { component, variable }) ??
      limitOf(items, { component, variable, variableInstance: "SendLocalList" });
  return {
    items: of("ItemsPerMessage") ?? ENTRIES_DEFAULT,
    bytes: of("BytesPerMessage") ?? Infinity,
  };
}

/** Whether the version has room for the token at all; what it has not is left out of its lists. */
export function isSayable({ idToken, type }: ListChange, protocol: OcppProtocol): boolean {
  if (protocol === "ocpp1.6") return idToken.length <= idTagLengthMax;
  if (protocol === "ocpp2.1") return true;
  return idToken.length <= idTokenLengthMax && types201.has(type);
}

const types201: ReadonlySet<string> = new Set([
  "Central",
  "eMAID",
  "ISO14443",
  "ISO15693",
  "KeyCode",
  "Local",
  "MacAddress",
  "NoAuthorization",
]);

/**
 * The CALLs that say it: a long list begins with a Full, and what is left follows as Differentials,
 * each with the next version. A Full of nothing is one CALL without a list.
 */
export function listCalls(
  update: ListUpdate,
  protocol: OcppProtocol,
  limits: ListLimits,
): readonly OutgoingCall[] {
  const sayable = update.changes.filter((change) => isSayable(change, protocol));
  const call = protocol === "ocpp1.6" ? call16 : call2;
  const parts = inParts(
    sayable,
    limits,
    (part) => bytesOf(call("Differential", update.version, part).payload),
  );
  const whole = parts.length === 0 ? [[]] : parts;
  return whole.map((part, index) =>
    call(index === 0 ? update.updateType : "Differential", update.version + index, part)
  );
}

/** OCPP 1.6J, 6.41 and 7.1: an entry without idTagInfo is removed. */
function call16(
  updateType: UpdateType,
  listVersion: number,
  part: readonly ListChange[],
): OutgoingCall {
  const localAuthorizationList = part.map(({ idToken, entry }) => ({
    idTag: idToken,
    ...(entry === null ? {} : { idTagInfo: idTagInfoOf(entry) }),
  }));
  return {
    action: "SendLocalList",
    payload: {
      listVersion,
      ...(part.length === 0 ? {} : { localAuthorizationList }),
      updateType,
    },
  };
}

/** OCPP 2.0.1 Part 2, D01: an entry without idTokenInfo is removed. */
function call2(
  updateType: UpdateType,
  versionNumber: number,
  part: readonly ListChange[],
): OutgoingCall {
  const localAuthorizationList = part.map(({ idToken, type, entry }) => ({
    idToken: { idToken, type },
    ...(entry === null ? {} : { idTokenInfo: idTokenInfoOf(entry) }),
  }));
  return {
    action: "SendLocalList",
    payload: {
      versionNumber,
      updateType,
      ...(part.length === 0 ? {} : { localAuthorizationList }),
    },
  };
}

/** What a SendLocalList of either version says; undefined = nobody could use it. */
export function listUpdateOf(payload: Readonly<Record<string, unknown>>): ListUpdate | undefined {
  const version = payload["listVersion"] ?? payload["versionNumber"];
  const updateType = updateTypes.find((type) => type === payload["updateType"]);
  const entries = payload["localAuthorizationList"] ?? [];
  if (typeof version !== "number" || updateType === undefined || !Array.isArray(entries)) {
    return undefined;
  }
  const changes = entries.map(changeOf);
  const known = changes.filter((change) => change !== undefined);
  return known.length === changes.length ? { updateType, version, changes: known } : undefined;
}

function changeOf(said: unknown): ListChange | undefined {
  if (!isObject(said)) return undefined;
  const { idTag, idToken } = said;
  if (typeof idTag === "string") {
    const type = "ISO14443";
    return { idToken: idTag, type, entry: entryOf({ idToken: idTag, type }, said["idTagInfo"]) };
  }
  if (!isObject(idToken)) return undefined;
  const { idToken: uid, type } = idToken;
  if (typeof uid !== "string" || typeof type !== "string") return undefined;
  return { idToken: uid, type, entry: entryOf({ idToken: uid, type }, said["idTokenInfo"]) };
}

function entryOf(
  token: Pick<ListEntry, "idToken" | "type">,
  info: unknown,
): ListEntry | null {
  if (!isObject(info)) return null;
  const expiry = textOf(info["expiryDate"]) ?? textOf(info["cacheExpiryDateTime"]);
  const group = info["groupIdToken"];
  return {
    ...token,
    status: textOf(info["status"]) ?? "Invalid",
    expiresAt: parseInstant(expiry) === null ? null : expiry,
    groupId: textOf(info["parentIdTag"]) ?? (isObject(group) ? textOf(group["idToken"]) : null),
  };
}

/** The version that a station says its list has: 0 = none, -1 = it has no lists (OCPP 1.6J, 5.10). */
export function reportedVersionOf(response: unknown): number | undefined {
  if (!isObject(response)) return undefined;
  const version = response["listVersion"] ?? response["versionNumber"];
  return typeof version === "number" && Number.isInteger(version) ? version : undefined;
}

/** Not from `command.ts`: that reads the typed commands, and they read this. */
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
