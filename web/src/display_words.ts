/** Display messages in operators' words, and what the display shows when. Pure. */
import type { DisplayMessage } from "#schemas/rest/display_message.ts";
import type { Station } from "./shapes.ts";
import type { Look } from "./status.ts";

export const stateWords = {
  Idle: "While free",
  Charging: "While charging",
  Faulted: "While faulted",
  Unavailable: "While out of order",
  Suspended: "While charging is paused",
  Discharging: "While discharging",
} as const;
export type DisplayState = keyof typeof stateWords;

export const priorityWords = {
  NormalCycle: "In turn with the others",
  InFront: "Before the others",
  AlwaysFront: "Alone, always on top",
} as const;
export type DisplayPriority = keyof typeof priorityWords;

export function isDisplayState(word: string | null): word is DisplayState {
  return word !== null && Object.hasOwn(stateWords, word);
}

export function isDisplayPriority(word: string | null): word is DisplayPriority {
  return word !== null && Object.hasOwn(priorityWords, word);
}

export function wordOfState(state: string | null): string {
  if (state === null) return "Always";
  return isDisplayState(state) ? stateWords[state] : state;
}

export function wordOfPriority(priority: string): string {
  return isDisplayPriority(priority) ? priorityWords[priority] : priority;
}

/** States that the station's version knows; 2.1 has two more. */
export function statesOf(protocol: string | null): readonly DisplayState[] {
  const of201 = ["Idle", "Charging", "Faulted", "Unavailable"] as const;
  return protocol === "ocpp2.1" ? [...of201, "Suspended", "Discharging"] : of201;
}

const looks: Readonly<Record<DisplayMessage["status"], Look>> = {
  pending: { word: "On its way", tone: "occupied", shape: "clock" },
  accepted: { word: "Accepted", tone: "available", shape: "check" },
  rejected: { word: "Refused", tone: "faulted", shape: "cross" },
  failed: { word: "Failed", tone: "faulted", shape: "triangle" },
  unanswered: { word: "No answer", tone: "occupied", shape: "dotted" },
  clearing: { word: "Being removed", tone: "occupied", shape: "clock" },
  reported: { word: "On the station", tone: "reserved", shape: "check" },
};

export function lookOfMessage({ status, confirmed }: DisplayMessage): Look {
  return status === "accepted" && confirmed
    ? { ...looks.accepted, word: "Shown, confirmed" }
    : looks[status];
}

const refusals: Readonly<Record<string, string>> = {
  NotSupportedPriority: "This station cannot show messages this way. Choose another place.",
  NotSupportedState: "This station cannot show messages only then. Choose “Always”.",
  NotSupportedMessageFormat: "This station cannot show this kind of text. Choose plain text.",
  UnknownTransaction: "The session is over, or the station does not know it.",
  LanguageNotSupported: "This station does not have this language. Leave it out.",
  Rejected: "The station refused. It may hold too many messages: remove some, then try again.",
};

/** What to do about an attempt that came to nothing; undefined while it is under way. */
export function adviceOf(
  { status, answer, reason }: Pick<DisplayMessage, "status" | "answer" | "reason">,
): string | undefined {
  const because = reason === null ? "" : ` The station says: ${reason}.`;
  if (status === "rejected") {
    return (refusals[answer ?? ""] ?? `The station answered ${answer}.`) + because;
  }
  if (status === "failed") {
    return `The station could not do it${answer === null ? "" : ` (${answer})`}.${because} ` +
      "It may have no display: see its OCPP log.";
  }
  return status === "unanswered"
    ? "The station did not answer: ask it what it shows, or send the message again."
    : undefined;
}

/** What drivers read in a state of the station, in the order in which it comes. */
export function shownIn(
  messages: readonly DisplayMessage[],
  state: DisplayState,
  now: number,
): readonly DisplayMessage[] {
  const current = messages.filter((message) =>
    message.shown && (message.state === null || message.state === state) &&
    (message.startAt === null || Date.parse(message.startAt) <= now) &&
    (message.endAt === null || Date.parse(message.endAt) > now)
  );
  const alone = current.filter(({ priority }) => priority === "AlwaysFront");
  if (alone.length > 0) return alone.slice(-1);
  const inFront = current.filter(({ priority }) => priority === "InFront");
  return [...inFront, ...current.filter(({ priority }) => priority !== "InFront")];
}

/** In which state the station is, as far as its display goes. */
export function displayState({ evses, presence }: Station): DisplayState {
  const statuses = evses.flatMap(({ connectors }) => connectors.map(({ status }) => status));
  if (!presence.connected || statuses.length === 0) return "Idle";
  if (statuses.includes("Faulted")) return "Faulted";
  if (statuses.every((status) => status === "Unavailable")) return "Unavailable";
  return statuses.some((status) => status === "Occupied" || status === "Charging")
    ? "Charging"
    : "Idle";
}

export interface Preset {
  readonly word: string;
  readonly content: string;
  readonly state: DisplayState | null;
  readonly priority: DisplayPriority;
}

/** What operators mostly want to say. */
export const presets: readonly Preset[] = [
  {
    word: "Welcome",
    content: "Welcome! Plug in and hold your card to the reader.",
    state: "Idle",
    priority: "NormalCycle",
  },
  {
    word: "Move your car",
    content: "Please move your car when it is charged: others are waiting.",
    state: "Charging",
    priority: "NormalCycle",
  },
  {
    word: "Maintenance",
    content: "Maintenance tonight from 22:00. Please end your session before.",
    state: null,
    priority: "InFront",
  },
  {
    word: "Out of order",
    content: "Out of order. We know of it and are on our way.",
    state: null,
    priority: "AlwaysFront",
  },
];
