/** How the local list of a station is told to people. */
import type { LocalList } from "#schemas/rest/local_list.ts";
import type { Look } from "./status.ts";

const looks: Readonly<Record<LocalList["state"], Look>> = {
  none: { word: "No list", tone: "off", shape: "dotted" },
  pending: { word: "On its way", tone: "occupied", shape: "clock" },
  confirmed: { word: "Up to date", tone: "available", shape: "check" },
  failed: { word: "Refused", tone: "faulted", shape: "triangle" },
  notSupported: { word: "Not supported", tone: "off", shape: "cross" },
  differs: { word: "Differs", tone: "suspended", shape: "half" },
};

export function lookOfList({ state }: Pick<LocalList, "state">): Look {
  return looks[state];
}

/** What stands, and what to do next where something is to be done. */
export function wordsOfList(list: LocalList, isConnected: boolean): string {
  switch (list.state) {
    case "none":
      return "Tokens on the list may charge while the station is cut off from the platform.";
    case "pending":
      return isConnected
        ? "The station has not confirmed the newest list yet."
        : "The station is away. It gets the list as soon as it is back.";
    case "confirmed":
      return "The station holds exactly the tokens below.";
    case "failed":
      return `The station did not take the list${saying(list)}. It may be full, or lists may be ` +
        "switched off in its settings: see there, then send the whole list.";
    case "notSupported":
      return "The station says that it keeps no local list. Nothing more is sent to it on its own.";
    case "differs":
      return `The station says that it holds version ${list.reportedVersion ?? 0}. It may have ` +
        "been reset: send the whole list to have both alike.";
  }
}

function saying({ detail }: LocalList): string {
  return detail === null ? "" : ` (${detail})`;
}

/** `Version 4 · 12 tokens`; what the station holds can be counted only when both are alike. */
export function wordsOfVersion(version: number, tokens: number | undefined): string {
  if (version === 0) return "nothing yet";
  const count = tokens === undefined ? "" : ` · ${tokens} token${tokens === 1 ? "" : "s"}`;
  return `version ${version}${count}`;
}

export function wordsOfFollowing(followed: LocalList["followTokens"]): string {
  if (followed === false) return "Kept by hand";
  return followed === true ? "Follows all tokens" : `Follows the group ${followed.groupId}`;
}

/** Uids as people paste them: one per line, or with commas or semicolons between. */
export function uidsIn(text: string): readonly string[] {
  const uids = text.split(/[\n,;]+/).map((uid) => uid.trim()).filter((uid) => uid !== "");
  return [...new Map(uids.map((uid) => [uid.toLowerCase(), uid])).values()];
}
