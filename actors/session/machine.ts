import { enqueueActions, setup } from "xstate";
import { effectActions } from "#engine/effects.ts";
import type { Effect } from "#engine/actor.ts";
import type { ChargingState } from "#schemas/events/station.ts";
import { newSession, type Phase, type SessionContext, type SessionEvent } from "./context.ts";
import {
  beginSession,
  closeSession,
  continueSession,
  endSession,
  hasAll,
  repeatAnswer,
  takeLateReadings,
} from "./messages.ts";
import { annotate, announceChange, enterPhase, reports } from "./phases.ts";
import { type Rule, Turn } from "./turn.ts";
import {
  awaitMessages,
  excuseSilence,
  giveUpMessages,
  judgeMeter,
  noteConnector,
  startGrace,
  startWatch,
  stopWatch,
  waitOn,
  watchSession,
} from "./watch.ts";

/** What an action of XState is given to queue others with; the part of it that is used here. */
interface Queue {
  (action: { readonly type: "effects"; readonly params: { readonly effects: Effect[] } }): void;
  assign(changes: SessionContext): void;
}

interface Step {
  readonly context: SessionContext;
  readonly event: SessionEvent;
  readonly enqueue: Queue;
}

/** Runs one rule: its changes of the context first, then the effects that it asks for. */
function follow({ context, event, enqueue }: Step, decide: Rule): void {
  const turn = new Turn(context, event);
  decide(turn, event);
  enqueue.assign(turn.context);
  if (turn.effects.length > 0) {
    enqueue({ type: "effects", params: { effects: turn.effects } });
  }
}

type Reported<State extends ChargingState, Actions> = {
  readonly guard: { readonly type: "reports"; readonly params: { readonly phase: State } };
  readonly target: `#session.active.${State}`;
  readonly actions: Actions;
};

function to<const State extends ChargingState, const Actions>(
  state: State,
  actions: Actions,
): Reported<State, Actions> {
  return {
    guard: { type: "reports", params: { phase: state } },
    target: `#session.active.${state}`,
    actions,
  };
}

/** One row per state that the event may report, each with the same actions. */
function toReported<const Actions>(
  actions: Actions,
): readonly [
  Reported<"EVConnected", Actions>,
  Reported<"Charging", Actions>,
  Reported<"SuspendedEV", Actions>,
  Reported<"SuspendedEVSE", Actions>,
  Reported<"Idle", Actions>,
] {
  return [
    to("EVConnected", actions),
    to("Charging", actions),
    to("SuspendedEV", actions),
    to("SuspendedEVSE", actions),
    to("Idle", actions),
  ];
}

/** One transaction from its start to its last message (OCPP 2.0.1 Part 2, functional block E). */
export const sessionMachine = setup({
  types: {
    context: {} as SessionContext,
    events: {} as SessionEvent,
    input: {} as { readonly tenant: string; readonly id: string; readonly stationId: string },
  },
  guards: {
    reports: ({ context, event }, reported: { readonly phase: Phase }) =>
      reports(context, event, reported.phase),
    hasAll: ({ context }) => hasAll(context),
    isStale: ({ context }) => context.isStale,
    hasAsked: ({ context }) => context.hasAsked,
    isWaiting: ({ event }) => event.type === "session.messages" && event.isWaiting,
  },
  actions: {
    ...effectActions,
    beginSession: enqueueActions((step) => follow(step, beginSession)),
    continueSession: enqueueActions((step) => follow(step, continueSession)),
    endSession: enqueueActions((step) => follow(step, endSession)),
    closeSession: enqueueActions((step) => follow(step, closeSession)),
    takeLateReadings: enqueueActions((step) => follow(step, takeLateReadings)),
    repeatAnswer: enqueueActions((step) => follow(step, repeatAnswer)),
    noteConnector: enqueueActions((step) => follow(step, noteConnector)),
    judgeMeter: enqueueActions((step) => follow(step, judgeMeter)),
    startWatch: enqueueActions((step) => follow(step, startWatch)),
    watchSession: enqueueActions((step) => follow(step, watchSession)),
    excuseSilence: enqueueActions((step) => follow(step, excuseSilence)),
    stopWatch: enqueueActions((step) => follow(step, stopWatch)),
    startGrace: enqueueActions((step) => follow(step, startGrace)),
    awaitMessages: enqueueActions((step) => follow(step, awaitMessages)),
    waitOn: enqueueActions((step) => follow(step, waitOn)),
    giveUpMessages: enqueueActions((step) => follow(step, giveUpMessages)),
    annotate: enqueueActions((step) => follow(step, annotate)),
    announceChange: enqueueActions((step) => follow(step, announceChange)),
    enterEVConnected: enqueueActions((step) => follow(step, enterPhase("EVConnected"))),
    enterCharging: enqueueActions((step) => follow(step, enterPhase("Charging"))),
    enterSuspendedEV: enqueueActions((step) => follow(step, enterPhase("SuspendedEV"))),
    enterSuspendedEVSE: enqueueActions((step) => follow(step, enterPhase("SuspendedEVSE"))),
    enterIdle: enqueueActions((step) => follow(step, enterPhase("Idle"))),
    enterMessagesPending: enqueueActions((step) => follow(step, enterPhase("messagesPending"))),
    enterComplete: enqueueActions((step) => follow(step, enterPhase("complete"))),
  },
}).createMachine({
  id: "session",
  context: ({ input }) => newSession(input.tenant, input.id, input.stationId),
  initial: "new",
  states: {
    new: {
      on: {
        "TransactionEvent.Started": [...toReported(["beginSession", "startWatch"]), {
          target: "active",
          actions: ["beginSession", "startWatch"],
        }],
        "TransactionEvent.Updated": [...toReported(["beginSession", "startWatch"]), {
          target: "active",
          actions: ["beginSession", "startWatch"],
        }],
        "TransactionEvent.Ended": { target: "ended", actions: ["beginSession", "endSession"] },
      },
    },
    active: {
      initial: "EVConnected",
      states: {
        EVConnected: { entry: "enterEVConnected" },
        Charging: { entry: "enterCharging" },
        SuspendedEV: { entry: "enterSuspendedEV" },
        SuspendedEVSE: { entry: "enterSuspendedEVSE" },
        Idle: { entry: "enterIdle" },
      },
      on: {
        "TransactionEvent.Started": [...toReported(["continueSession", "judgeMeter"]), {
          actions: ["continueSession", "judgeMeter", "announceChange"],
        }],
        "TransactionEvent.Updated": [...toReported(["continueSession", "judgeMeter"]), {
          actions: ["continueSession", "judgeMeter", "announceChange"],
        }],
        "TransactionEvent.Ended": { target: "ended", actions: ["endSession", "judgeMeter"] },
        "connector.status": [...toReported(["noteConnector"]), { actions: ["noteConnector"] }],
        "session.close": { target: "ended", actions: ["closeSession", "judgeMeter"] },
        "alarm.watch": { actions: ["watchSession", "judgeMeter"] },
        "session.unheard": { actions: "excuseSilence" },
        "session.annotate": { actions: ["annotate", "announceChange"] },
      },
    },
    ended: {
      initial: "reckoning",
      states: {
        reckoning: {
          always: [{ guard: "hasAll", target: "complete" }, { target: "messagesPending" }],
        },
        messagesPending: {
          entry: ["enterMessagesPending", "startGrace"],
          on: {
            "TransactionEvent.Started": { target: "reckoning", actions: "continueSession" },
            "TransactionEvent.Updated": { target: "reckoning", actions: "continueSession" },
            "alarm.watch": [
              { guard: "hasAsked", target: "complete", actions: "giveUpMessages" },
              { actions: "awaitMessages" },
            ],
            "session.messages": [
              { guard: "isWaiting", actions: "waitOn" },
              { target: "complete", actions: "giveUpMessages" },
            ],
          },
        },
        complete: {
          entry: ["enterComplete", "stopWatch"],
          on: {
            "TransactionEvent.Started": { actions: ["continueSession", "announceChange"] },
            "TransactionEvent.Updated": { actions: ["continueSession", "announceChange"] },
          },
        },
      },
      on: {
        MeterValues: { actions: ["takeLateReadings", "announceChange"] },
        "TransactionEvent.Ended": [
          {
            guard: "isStale",
            target: ".reckoning",
            actions: ["endSession", "judgeMeter"],
          },
          { actions: "repeatAnswer" },
        ],
        "session.annotate": { actions: ["annotate", "announceChange"] },
      },
    },
  },
  on: {
    "session.annotate": {
      actions: {
        type: "refuse",
        params: { kind: "not-found", detail: "Cannot annotate the session: there is none" },
      },
    },
  },
});
