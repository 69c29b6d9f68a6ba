import { assign, setup } from "xstate";
import { effectActions } from "#engine/effects.ts";
import type { ReservationStatus } from "#schemas/events/reservation.ts";
import { newReservation, type ReservationContext, type ReservationEvent } from "./context.ts";
import { describeReservation } from "./views.ts";

/** An answer is heard before the expiry, whatever the expiry: it may lie in the past. */
const ANSWER_MS = 30_000;

const AWAY = "The station is not connected: it is told when it is back";
const MISSED = "The station was not connected in time";
const SILENT = "The station has not answered";
const KEPT = "The station refused to change it";
const REMOVED = "The station removed it";
const NO_TRANSACTION = "It was used, and no transaction was begun";

type Shown<Status extends ReservationStatus> = readonly [
  { readonly type: "recordStatus"; readonly params: { readonly status: Status } },
  { readonly type: "fact"; readonly params: typeof statusFact },
];

/** On entry the status is recorded, then told. */
function shows<const Status extends ReservationStatus>(status: Status): Shown<Status> {
  return [
    { type: "recordStatus", params: { status } },
    { type: "fact", params: statusFact },
  ];
}

/**
 * One reservation of a station (OCPP 1.6J, 5.13; OCPP 2.0.1 Part 2, functional block H). The
 * station decides on it; a CALL with the same id replaces it, and a start that names it has used
 * it, whatever we believed.
 */
export const reservationMachine = setup({
  types: {
    context: {} as ReservationContext,
    events: {} as ReservationEvent,
    input: {} as { readonly stationId: string; readonly key: string },
  },
  guards: {
    isSameAsk: ({ context, event }) =>
      event.type === "reservation.ask" && event.commandId === context.commandId,
    /** Of a CALL that another one has replaced since. */
    isOfEarlierAsk: ({ context, event }) =>
      event.type === "reservation.answer" && event.commandId !== context.commandId,
    isSilent: ({ event }) => isAnswer(event) && event.outcome === "silent",
    says: ({ event }, { word }: { readonly word: string }) => saysWord(event, word),
    hasStandingTerms: ({ context, event }) =>
      context.before !== null && context.before.expiresAt > event.now,
    /** Asked for before the newest ReserveNow, which makes the reservation anew. */
    isOfEarlierCancel: ({ context }) => context.cancellation === null,
    isUsed: ({ context }) => context.status === "used" && context.sessionId !== null,
  },
  actions: {
    recordAsk: assign(({ context, event }) =>
      event.type !== "reservation.ask" ? {} : {
        terms: event.terms,
        before: context.status === "accepted" ? context.terms : context.before,
        commandId: event.commandId,
        detail: event.isQueued ? AWAY : null,
        sessionId: null,
        cancellation: null,
        createdAt: context.terms === null ? event.now : context.createdAt,
      }
    ),
    recordSent: assign(({ event }) =>
      event.type === "reservation.ask" && !event.isQueued
        ? { detail: null, updatedAt: event.now }
        : {}
    ),
    recordSilence: assign(({ event }) => ({ detail: SILENT, updatedAt: event.now })),
    recordAcceptance: assign(() => ({ before: null, detail: null })),
    recordKept: assign(({ context, event }) => ({
      terms: context.before,
      before: null,
      detail: isAnswer(event) ? `${KEPT}: ${event.word}` : KEPT,
    })),
    recordRefusal: assign(({ event }) => ({
      before: null,
      detail: isAnswer(event) ? refusalDetail(event) : null,
    })),
    recordExpiry: assign(({ context }) => ({
      detail: context.detail === AWAY ? MISSED : context.detail,
    })),
    recordDetail: assign((_, { detail }: { readonly detail: string | null }) => ({ detail })),
    recordUse: assign(({ event }) =>
      event.type === "reservation.use" ? { sessionId: event.sessionId, detail: null } : {}
    ),
    recordCancel: assign(({ event }) =>
      event.type !== "reservation.cancel" ? {} : {
        cancellation: {
          status: "pending" as const,
          commandId: event.commandId,
          detail: event.isQueued ? AWAY : null,
        },
        updatedAt: event.now,
      }
    ),
    recordCancelAnswer: assign(({ event }) =>
      !isAnswer(event) ? {} : {
        cancellation: {
          status: event.outcome === "silent" ? "unknown" as const : "rejected" as const,
          commandId: event.commandId,
          detail: event.outcome === "silent" ? SILENT : refusalDetail(event),
        },
        updatedAt: event.now,
      }
    ),
    recordVoid: assign(({ event }) => saysWord(event, "Accepted") ? { before: null } : {}),
    recordCancelled: assign(() => ({ cancellation: null, detail: null })),
    recordStatus: assign(({ event }, { status }: { readonly status: ReservationStatus }) => ({
      status,
      updatedAt: event.now ?? 0,
    })),
    ...effectActions,
  },
}).createMachine({
  id: "reservation",
  context: ({ input }) => newReservation(input.stationId, input.key),
  initial: "unknown",
  states: {
    unknown: {},
    open: {
      initial: "pending",
      states: {
        pending: {
          entry: shows("pending"),
          on: {
            "reservation.answer": [
              { guard: "isOfEarlierAsk" },
              {
                guard: "isSilent",
                actions: ["recordSilence", { type: "fact", params: changeFact }],
              },
              {
                guard: { type: "says", params: { word: "Accepted" } },
                target: "Accepted",
                actions: "recordAcceptance",
              },
              { guard: "hasStandingTerms", target: "Accepted", actions: "recordKept" },
              {
                guard: { type: "says", params: { word: "Faulted" } },
                target: "#reservation.closed.Faulted",
                actions: "recordRefusal",
              },
              {
                guard: { type: "says", params: { word: "Occupied" } },
                target: "#reservation.closed.Occupied",
                actions: "recordRefusal",
              },
              {
                guard: { type: "says", params: { word: "Unavailable" } },
                target: "#reservation.closed.Unavailable",
                actions: "recordRefusal",
              },
              { target: "#reservation.closed.Rejected", actions: "recordRefusal" },
            ],
          },
        },
        Accepted: { entry: [...shows("accepted"), { type: "arm", params: expiryOfTerms }] },
      },
      on: {
        "alarm.expiry": { target: "closed.Expired", actions: "recordExpiry" },
        ReservationStatusUpdate: [
          {
            guard: { type: "says", params: { word: "Expired" } },
            target: "closed.Expired",
          },
          {
            guard: { type: "says", params: { word: "Removed" } },
            target: "closed.cancelled",
            actions: { type: "recordDetail", params: { detail: REMOVED } },
          },
          {
            guard: { type: "says", params: { word: "NoTransaction" } },
            target: "closed.used",
            actions: { type: "recordDetail", params: { detail: NO_TRANSACTION } },
          },
        ],
        "reservation.cancel": { actions: ["recordCancel", { type: "fact", params: changeFact }] },
        "reservation.cancelAnswer": [
          { guard: "isOfEarlierCancel", actions: "recordVoid" },
          {
            guard: { type: "says", params: { word: "Accepted" } },
            target: "closed.cancelled",
            actions: "recordCancelled",
          },
          { actions: ["recordCancelAnswer", { type: "fact", params: changeFact }] },
        ],
      },
      exit: { type: "disarm", params: { name: "expiry" } },
    },
    closed: {
      initial: "Rejected",
      states: {
        Rejected: { entry: shows("rejected") },
        Faulted: { entry: shows("faulted") },
        Occupied: { entry: shows("occupied") },
        Unavailable: { entry: shows("unavailable") },
        used: { entry: shows("used") },
        Expired: { entry: shows("expired") },
        cancelled: { entry: shows("cancelled") },
      },
    },
  },
  on: {
    "reservation.ask": [
      { guard: "isSameAsk", actions: ["recordSent", { type: "fact", params: changeFact }] },
      { target: ".open", actions: ["recordAsk", { type: "arm", params: expiryOfAsk }] },
    ],
    // Also of one that had expired here: the station was offline, or its clock is another.
    "reservation.use": [
      { guard: "isUsed" },
      { target: ".closed.used", actions: "recordUse" },
    ],
  },
});

interface Step {
  readonly context: ReservationContext;
  readonly event: ReservationEvent;
}

interface Alarm {
  readonly name: string;
  readonly due: number;
  readonly event: { readonly type: string; readonly due: number };
}

function expiryOfTerms({ context }: Step): Alarm {
  return alarm(context.terms?.expiresAt ?? 0);
}

function expiryOfAsk({ context, event }: Step): Alarm {
  return alarm(Math.max(context.terms?.expiresAt ?? 0, event.now + ANSWER_MS));
}

function alarm(due: number): Alarm {
  return { name: "expiry", due, event: { type: "alarm.expiry", due } };
}

interface Fact {
  readonly name: string;
  readonly id: string;
  readonly data: unknown;
}

function statusFact({ context }: Step): Fact {
  return fact(context, context.status);
}

/** Something that leaves the status as it is. */
function changeFact({ context }: Step): Fact {
  return fact(context, "updated");
}

function fact(context: ReservationContext, what: string): Fact {
  const data = describeReservation(context);
  return { name: `reservation.${what}`, id: context.stationId, data };
}

type Answer = Extract<ReservationEvent, { readonly outcome: string }>;

function isAnswer(event: ReservationEvent): event is Answer {
  return event.type === "reservation.answer" || event.type === "reservation.cancelAnswer";
}

function saysWord(event: ReservationEvent, word: string): boolean {
  if (event.type === "ReservationStatusUpdate") return event.status === word;
  return isAnswer(event) && event.outcome === "answered" && event.word === word;
}

function refusalDetail({ outcome, word }: Answer): string {
  return outcome === "failed" ? `The station answered with the error ${word}` : `It said ${word}`;
}
