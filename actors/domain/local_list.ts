/**
 * The local list of one station: what it shall hold, what it has confirmed, and what is to be sent
 * next (OCPP 1.6J, 5.15; OCPP 2.0.1 Part 2, D01). Versions rise with every message; after a refusal
 * the whole list is sent once more.
 */
import { stableHash } from "#schemas/address.ts";
import {
  entryKey,
  LIST_VERSION_MAX,
  type ListChange,
  type ListEntry,
  type ListUpdate,
  type UpdateType,
} from "#schemas/local_list.ts";

/** `differs`: the station says that it holds another version than it confirmed. */
export const listStates = [
  "none",
  "pending",
  "confirmed",
  "failed",
  "notSupported",
  "differs",
] as const;
export type ListState = typeof listStates[number];

/** What a list follows: all of our tokens, or those of one group. */
export type Followed = false | true | { readonly groupId: string };

/** A token as the list has spelled it. */
export type ListToken = Pick<ListEntry, "idToken" | "type">;

/** Which entries the station has not confirmed: all of them, or the tokens that changed. */
export type Unsent = "all" | readonly ListToken[];

/** A list on its way: one command, of one message or several. */
export interface Sending {
  readonly commandId: string;
  /** Of its last message. */
  readonly version: number;
  /** Of all entries that the station holds then. */
  readonly hash: number;
  /** What it says, to be said again when it is lost. */
  readonly unsent: Unsent;
  /** 1, and 2 for the whole list after a refusal. */
  readonly attempt: number;
}

export interface LocalList {
  /** 0 = the station was never given a list. */
  readonly intendedVersion: number;
  /** 0 = it has confirmed none. */
  readonly confirmedVersion: number;
  /** Of the entries that it confirmed; null while it holds a part of them. */
  readonly confirmedHash: number | null;
  /** What it said when it was asked; null = not asked. */
  readonly reportedVersion: number | null;
  readonly reportedAt: number | null;
  readonly state: ListState;
  /** Why it failed, in the station's words. */
  readonly detail: string | null;
  readonly entries: readonly ListEntry[];
  readonly unsent: Unsent;
  readonly sending: Sending | null;
  readonly followTokens: Followed;
  /** The version of our tokens that the list has followed. */
  readonly tokensVersion: number;
  readonly changedAt: number | null;
  readonly confirmedAt: number | null;
}

/**
 * A station that was never given a list is taken to have none: if it has one, it says
 * VersionMismatch and gets the whole list.
 */
export const emptyList: LocalList = {
  intendedVersion: 0,
  confirmedVersion: 0,
  confirmedHash: contentHash([]),
  reportedVersion: null,
  reportedAt: null,
  state: "none",
  detail: null,
  entries: [],
  unsent: [],
  sending: null,
  followTokens: false,
  tokensVersion: 0,
  changedAt: null,
  confirmedAt: null,
};

/** Sorted by token, so that equal lists look alike. */
export function contentHash(entries: readonly ListEntry[]): number {
  const rows = sorted(entries).map((entry) => [
    ...[entryKey(entry.idToken), entry.type, entry.status, entry.expiresAt, entry.groupId],
  ]);
  return stableHash(JSON.stringify(rows));
}

function sorted(entries: readonly ListEntry[]): readonly ListEntry[] {
  const byKey = (one: ListEntry, other: ListEntry): number =>
    entryKey(one.idToken) < entryKey(other.idToken) ? -1 : 1;
  return [...entries].sort(byKey);
}

/** The list with these changes: of a token that is named twice the last counts. */
export function changed(
  entries: readonly ListEntry[],
  changes: readonly ListChange[],
): readonly ListEntry[] {
  const kept = new Map(entries.map((entry) => [entryKey(entry.idToken), entry]));
  for (const { idToken, entry } of changes) {
    if (entry === null) kept.delete(entryKey(idToken));
    else kept.set(entryKey(idToken), entry);
  }
  return sorted([...kept.values()]);
}

/** What a message makes of the list that a station holds. */
export function applied(
  entries: readonly ListEntry[],
  { updateType, changes }: Pick<ListUpdate, "updateType" | "changes">,
): readonly ListEntry[] {
  return changed(updateType === "Full" ? [] : entries, changes);
}

/** What is wished of a list: another one, or changes of it. */
export interface ListWish {
  readonly updateType: UpdateType;
  readonly changes: readonly ListChange[];
  /** Of the first message; absent = the next one. */
  readonly version?: number | undefined;
}

/** The list as it shall be from now on; nothing is sent yet. A wish that changes nothing is none. */
export function wished(list: LocalList, wish: ListWish, now: number): LocalList {
  const entries = applied(list.entries, wish);
  const isNew = wish.updateType === "Full" || wish.version !== undefined ||
    contentHash(entries) !== contentHash(list.entries);
  if (!isNew) return list;
  return {
    ...list,
    entries,
    intendedVersion: wish.version ?? nextVersion(list),
    state: "pending",
    detail: null,
    unsent: wish.updateType === "Full" ? "all" : joined(list.unsent, changedTokens(list, wish)),
    changedAt: now,
  };
}

/** A station that compares texts knows a token by the spelling that it was given. */
function changedTokens({ entries }: LocalList, { changes }: ListWish): readonly ListToken[] {
  const held = new Map(entries.map((entry) => [entryKey(entry.idToken), entry]));
  return changes.map(({ idToken, type, entry }) => {
    const before = held.get(entryKey(idToken));
    return entry === null && before !== undefined ? tokenOf(before) : { idToken, type };
  });
}

export function joined(one: Unsent, other: Unsent): Unsent {
  if (one === "all" || other === "all") return "all";
  return [...new Map([...one, ...other].map((token) => [entryKey(token.idToken), token])).values()];
}

function hasUnsent({ unsent }: LocalList): boolean {
  return unsent === "all" || unsent.length > 0;
}

function nextVersion({ intendedVersion, confirmedVersion, reportedVersion }: LocalList): number {
  const used = Math.max(intendedVersion, confirmedVersion, reportedVersion ?? 0);
  return used >= LIST_VERSION_MAX ? 1 : used + 1;
}

/**
 * What is to be sent now; undefined = nothing, or something is on its way. What a station has never
 * had whole goes as a Full; its versions are above all that were used.
 */
export function nextUpdate(list: LocalList): ListUpdate | undefined {
  if (list.sending !== null || !hasUnsent(list)) return undefined;
  const { entries, unsent, confirmedVersion, confirmedHash, intendedVersion } = list;
  const isRising = intendedVersion > confirmedVersion;
  if (unsent === "all" || confirmedHash === null || !isRising) {
    const changes = entries.map((entry) => ({ ...tokenOf(entry), entry }));
    return { updateType: "Full", version: intendedVersion, changes };
  }
  const held = new Map(entries.map((entry) => [entryKey(entry.idToken), entry]));
  const changes = unsent.map((token): ListChange => {
    const entry = held.get(entryKey(token.idToken));
    return entry === undefined ? { ...token, entry: null } : { ...tokenOf(entry), entry };
  });
  return { updateType: "Differential", version: intendedVersion, changes };
}

function tokenOf({ idToken, type }: ListEntry): ListToken {
  return { idToken, type };
}

/** It is on its way as `commandId`, in `messages` messages. */
export function underWay(
  list: LocalList,
  { commandId, messages, attempt }: {
    readonly commandId: string;
    readonly messages: number;
    readonly attempt: number;
  },
): LocalList {
  const version = list.intendedVersion + messages - 1;
  const { entries, unsent } = list;
  return {
    ...list,
    intendedVersion: version,
    state: "pending",
    unsent: [],
    sending: { commandId, version, hash: contentHash(entries), unsent, attempt },
  };
}

/** The station has taken one of the messages. */
export function taken(list: LocalList, version: number, now: number): LocalList {
  const { sending } = list;
  if (sending === null) return list;
  if (version < sending.version) {
    return { ...list, confirmedVersion: version, confirmedHash: null };
  }
  const isWhole = !hasUnsent(list);
  return {
    ...list,
    confirmedVersion: version,
    confirmedHash: sending.hash,
    state: isWhole ? "confirmed" : "pending",
    detail: null,
    sending: null,
    confirmedAt: now,
  };
}

/** It was refused, or nobody knows: the whole list is to go again, above the version used. */
export function again(list: LocalList): LocalList {
  return {
    ...list,
    intendedVersion: nextVersion(list),
    confirmedHash: null,
    state: "pending",
    unsent: "all",
    sending: null,
  };
}

/** Nothing more is tried before somebody wishes it. */
export function givenUp(
  list: LocalList,
  state: "failed" | "notSupported",
  detail: string,
): LocalList {
  return { ...list, state, detail, unsent: "all", confirmedHash: null, sending: null };
}

/** What others than the list itself have sent, and the station has taken. */
export function overtaken(list: LocalList, update: ListUpdate, now: number): LocalList {
  const entries = applied(list.entries, update);
  const isAlone = list.sending === null;
  return {
    ...list,
    entries,
    intendedVersion: isAlone ? update.version : Math.max(list.intendedVersion, update.version) + 1,
    confirmedVersion: update.version,
    confirmedHash: contentHash(entries),
    state: isAlone ? "confirmed" : "pending",
    detail: null,
    // What was on its way meets another list than it was made for.
    unsent: isAlone ? [] : "all",
    followTokens: update.updateType === "Full" ? false : list.followTokens,
    changedAt: now,
    confirmedAt: now,
  };
}

/** The station says which version it holds. */
export function reported(list: LocalList, version: number, now: number): LocalList {
  const heard = { ...list, reportedVersion: version, reportedAt: now };
  if (version < 0) return { ...heard, state: "notSupported" };
  // CALLs go one after the other: what was sent before the question has arrived, or never will.
  if (version === list.sending?.version) return taken(heard, version, now);
  if (version === list.confirmedVersion || list.sending !== null) return heard;
  if (list.state === "notSupported" || list.state === "confirmed") {
    return { ...heard, state: "differs", confirmedVersion: version, confirmedHash: null };
  }
  return { ...heard, confirmedVersion: version, confirmedHash: null };
}
