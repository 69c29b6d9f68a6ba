/** How campaigns and their stations are shown. Pure. */
import type { Campaign, CampaignStation } from "./shapes.ts";
import { wordsOfKind } from "./command_advice.ts";
import type { Look } from "./status.ts";

const looks: Readonly<Record<Campaign["status"], Look>> = {
  running: { word: "Running", tone: "charging", shape: "bolt" },
  paused: { word: "Paused", tone: "suspended", shape: "pause" },
  stopped: { word: "Stopped", tone: "faulted", shape: "cross" },
  done: { word: "Done", tone: "available", shape: "check" },
};

export function lookOfCampaign({ status }: Pick<Campaign, "status">): Look {
  return looks[status];
}

export const stateLooks: Readonly<Record<CampaignStation["state"], Look>> = {
  waiting: { word: "Waiting", tone: "off", shape: "dotted" },
  running: { word: "At work", tone: "charging", shape: "half" },
  done: { word: "Done", tone: "available", shape: "check" },
  failed: { word: "Failed", tone: "faulted", shape: "triangle" },
};

/** One that waits is shown to be away, which is what it waits for. */
export function lookOfStation({ state, isConnected }: CampaignStation): Look {
  const isAway = !isConnected && (state === "waiting" || state === "running");
  return isAway ? { word: "Away", tone: "off", shape: "clock" } : stateLooks[state];
}

/** `Reset, then Trigger`. */
export function wordsOfSteps(steps: Campaign["steps"]): string {
  return steps.map(({ kind }) => wordsOfKind(kind)).join(", then ");
}

/** `30 per minute · at most 50 at once · 25 % of a location`. */
export function wordsOfPace(campaign: Campaign): string {
  const { ratePerMinute, maxAtOnce, sharePerLocation, stopOnFailureShare, stopAfter } = campaign;
  const percent = (share: number): string => `${Math.round(100 * share)} %`;
  return [
    ...(ratePerMinute === null ? [] : [`${ratePerMinute} commands a minute`]),
    `at most ${maxAtOnce} ${maxAtOnce === 1 ? "station" : "stations"} at once`,
    ...(sharePerLocation === null ? [] : [`${percent(sharePerLocation)} of a location at once`]),
    ...(stopOnFailureShare === null
      ? []
      : [`stops when more than ${percent(stopOnFailureShare)} fail, from ${stopAfter} on`]),
  ].join(" · ");
}
