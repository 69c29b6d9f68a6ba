import { type ChargerBlock, Part } from "../block.ts";
import {
  instantField,
  numberField,
  objectField,
  partsOf,
  type Payload,
  present,
  textField,
  textsField,
} from "../dialect.ts";
import type { Outlet } from "../outlet.ts";
import type { Station } from "../station.ts";
import { setting } from "./settings.ts";

const MESSAGES_PER_REPORT = 4;
const priorities = ["AlwaysFront", "InFront", "NormalCycle"] as const;

type Verdict =
  | "Accepted"
  | "NotSupportedMessageFormat"
  | "Rejected"
  | "NotSupportedPriority"
  | "NotSupportedState"
  | "UnknownTransaction";

/** OCPP 2.0.1 Part 2, O. */
class DisplayMessages {
  readonly #station: Station;
  readonly #held = new Map<number, Payload>();

  constructor(station: Station) {
    this.#station = station;
  }

  /** Those that are not over. */
  get all(): readonly Payload[] {
    for (const [id, message] of this.#held) {
      const endsAt = instantField(message, "endDateTime");
      if (endsAt !== undefined && endsAt <= this.#station.now()) this.#held.delete(id);
    }
    return [...this.#held.values()];
  }

  set(message: Payload): Verdict {
    const id = numberField(message, "id");
    const fault = this.#faultOf(message);
    if (id === undefined || fault !== undefined) return fault ?? "Rejected";
    const isFull = this.all.length >= Number(setting(this.#station, "DisplayMessagesMax"));
    if (isFull && !this.#held.has(id)) return "Rejected";
    // One message alone can always be in front (O01.FR.10).
    if (textField(message, "priority") === "AlwaysFront") {
      for (const [other, { priority }] of this.#held) {
        if (priority === "AlwaysFront") this.#held.delete(other);
      }
    }
    this.#held.set(id, message);
    return "Accepted";
  }

  clear(id: number): boolean {
    return this.#held.delete(id);
  }

  /** Messages for a transaction go with it (O02.FR.02). */
  ended(transactionId: string): void {
    for (const [id, message] of this.#held) {
      if (message["transactionId"] === transactionId) this.#held.delete(id);
    }
  }

  /** What an outlet's display shows now, the first first. */
  shownAt(outlet: Outlet): readonly string[] {
    const now = this.#station.now();
    const shown = this.all.filter((message) => {
      const transactionId = textField(message, "transactionId");
      const state = textField(message, "state");
      return (instantField(message, "startDateTime") ?? 0) <= now &&
        (transactionId === undefined || transactionId === outlet.transaction?.wireId) &&
        (state === undefined || state === stateOf(outlet));
    });
    const rank = (message: Payload): number =>
      priorities.findIndex((priority) => priority === message["priority"]);
    return shown.toSorted((one, other) => rank(one) - rank(other))
      .map((message) => textField(objectField(message, "message"), "content") ?? "");
  }

  #faultOf(message: Payload): Verdict | undefined {
    const offers = (name: string, word: string | undefined): boolean =>
      word === undefined || setting(this.#station, name).split(",").includes(word);
    const format = textField(objectField(message, "message"), "format");
    if (!offers("DisplayFormats", format)) return "NotSupportedMessageFormat";
    if (!offers("DisplayPriorities", textField(message, "priority"))) {
      return "NotSupportedPriority";
    }
    if (!offers("DisplayStates", textField(message, "state"))) return "NotSupportedState";
    const transactionId = textField(message, "transactionId");
    const isOpen = this.#station.charger.outlets.some((one) =>
      one.transaction?.wireId === transactionId
    );
    return transactionId === undefined || isOpen ? undefined : "UnknownTransaction";
  }
}

function stateOf({ state }: Outlet): string {
  switch (state) {
    case "Charging":
    case "SuspendedEV":
    case "SuspendedEVSE":
      return "Charging";
    case "Faulted":
    case "Unavailable":
      return state;
    default:
      return "Idle";
  }
}

export const displayMessages = new Part((station) => new DisplayMessages(station));

function report(station: Station, payload: Payload): Payload {
  const ids = textsField(payload, "id");
  const priority = textField(payload, "priority");
  const state = textField(payload, "state");
  const found = displayMessages.of(station).all.filter((message) =>
    (ids.length === 0 || ids.includes(String(message["id"]))) &&
    (priority === undefined || message["priority"] === priority) &&
    (state === undefined || message["state"] === state)
  );
  if (found.length === 0) return { status: "Unknown" };
  const parts = partsOf(found, MESSAGES_PER_REPORT);
  for (const [index, messageInfo] of parts.entries()) {
    station.tell({
      action: "NotifyDisplayMessages",
      payload: {
        messageInfo,
        requestId: numberField(payload, "requestId"),
        tbc: index < parts.length - 1,
      },
    });
  }
  return { status: "Accepted" };
}

export const displayMessageBlock: ChargerBlock = {
  answers2x: {
    SetDisplayMessage: (station, payload) => {
      const message = objectField(payload, "message") ?? {};
      return { status: displayMessages.of(station).set(present(message)) };
    },
    GetDisplayMessages: report,
    ClearDisplayMessage: (station, payload) => {
      const isKnown = displayMessages.of(station).clear(numberField(payload, "id") ?? -1);
      return { status: isKnown ? "Accepted" : "Unknown" };
    },
  },
  ended: (station, { wireId }) => {
    if (wireId !== undefined) displayMessages.ifMade(station)?.ended(wireId);
  },
};
