import { enqueueActions, setup } from "xstate";
import { effectActions } from "#engine/effects.ts";
import type { Registration } from "#schemas/events/charger.ts";
import { changeAlert, noteSession } from "./alerts.ts";
import { tellBlocks } from "./blocks/mod.ts";
import { ringCommands, takeAnswer } from "./command_answers.ts";
import { queueCommand, refuseCall, sendCall, sendCommand } from "./commands.ts";
import { noteDrift } from "./configuration.ts";
import { noteStatus } from "./connectors.ts";
import {
  type ChargerContext,
  type ChargerEvent,
  type EventOf,
  newCharger,
  withMark,
} from "./context.ts";
import { askForMessages } from "./messages.ts";
import { heedOrder, noteNotice } from "./notices.ts";
import { closeReplaced, loseSocket, noteBeat, noteOffline, openSocket } from "./presence.ts";
import { changeSettings, noteBoot, registerItself, removeStation } from "./registration.ts";
import { endRivalry } from "./rivals.ts";
import { closeStaleSessions, noteTransaction } from "./sessions.ts";
import { isOfCurrentSocket, isSuperseded } from "./sockets.ts";
import { type Rule, Turn } from "./turn.ts";
import { stationRow } from "./views.ts";

/** What an action of XState is given to queue others with; the part of it that is used here. */
interface Queue {
  (
    action: { readonly type: "effects"; readonly params: { readonly effects: Turn["effects"] } },
  ): void;
  assign(changes: ChargerContext): void;
}

/** Runs one rule: its changes of the context first, then the effects that it asks for. */
function follow(
  { context, event, enqueue }: {
    readonly context: ChargerContext;
    readonly event: ChargerEvent;
    readonly enqueue: Queue;
  },
  decide: Rule,
): void {
  const turn = new Turn(context, event);
  decide(turn, event);
  tellBlocks(turn, event);
  closeReplaced(turn, event);
  const { isStationChanged, now, rows, effects } = turn;
  if (isMarked(event)) turn.set({ marks: withMark(turn.context.marks, event.mark) });
  const next = isStationChanged ? { ...turn.context, shownAt: now } : turn.context;
  enqueue.assign({ ...next, rows: isStationChanged ? [...rows, stationRow(next)] : rows });
  if (effects.length > 0) enqueue({ type: "effects", params: { effects } });
}

const marked: ReadonlySet<string> = new Set([
  ...["BootNotification", "StatusNotification", "StatusReports", "Notice"],
  ...["station.register", "station.remove"],
]);

/** Messages whose repeats are known by their cause. */
function isMarked(
  event: ChargerEvent,
): event is EventOf<
  | ("BootNotification" | "StatusNotification" | "StatusReports" | "Notice")
  | ("station.register" | "station.remove")
> {
  return marked.has(event.type);
}

/**
 * One charging station: whether it is known and accepted (OCPP 2.0.1 Part 2, functional block B),
 * and whether it can be reached. What its connectors, sessions and commands do is kept by rules,
 * one per action below.
 */
export const chargerMachine = setup({
  types: {
    context: {} as ChargerContext,
    events: {} as ChargerEvent,
    input: {} as { readonly tenant: string; readonly stationId: string; readonly key: string },
  },
  guards: {
    isKnown: ({ context }) => context.createdAt !== null,
    mayRegister: ({ event }) => event.inputs["mayRegister"] === true,
    isSetTo: ({ context }, wanted: { readonly registration: Registration }) =>
      context.settings.registration === wanted.registration,
    isOfCurrentSocket: ({ context, event }) => isOfCurrentSocket(context, event),
    isOldSocket: ({ context, event }) =>
      event.type === "socket.opened" && isSuperseded(context, event),
  },
  actions: {
    ...effectActions,
    changeSettings: enqueueActions((step) => follow(step, changeSettings)),
    registerItself: enqueueActions((step) => follow(step, registerItself)),
    removeStation: enqueueActions((step) => follow(step, removeStation)),
    noteBoot: enqueueActions((step) => follow(step, noteBoot)),
    noteBeat: enqueueActions((step) => follow(step, noteBeat)),
    noteStatus: enqueueActions((step) => follow(step, noteStatus)),
    noteTransaction: enqueueActions((step) => follow(step, noteTransaction)),
    closeStaleSessions: enqueueActions((step) => follow(step, closeStaleSessions)),
    noteSession: enqueueActions((step) => follow(step, noteSession)),
    noteNotice: enqueueActions((step) => follow(step, noteNotice)),
    heedOrder: enqueueActions((step) => follow(step, heedOrder)),
    askForMessages: enqueueActions((step) => follow(step, askForMessages)),
    openSocket: enqueueActions((step) => follow(step, openSocket)),
    loseSocket: enqueueActions((step) => follow(step, loseSocket)),
    endRivalry: enqueueActions((step) => follow(step, endRivalry)),
    noteOffline: enqueueActions((step) => follow(step, noteOffline)),
    sendCommand: enqueueActions((step) => follow(step, sendCommand)),
    queueCommand: enqueueActions((step) => follow(step, queueCommand)),
    sendCall: enqueueActions((step) => follow(step, sendCall)),
    refuseCall: enqueueActions((step) => follow(step, refuseCall)),
    takeAnswer: enqueueActions((step) => follow(step, takeAnswer)),
    ringCommands: enqueueActions((step) => follow(step, ringCommands)),
    changeAlert: enqueueActions((step) => follow(step, changeAlert)),
    noteDrift: enqueueActions((step) => follow(step, noteDrift)),
  },
}).createMachine({
  id: "charger",
  context: ({ input }) => newCharger(input.tenant, input.stationId, input.key),
  type: "parallel",
  states: {
    registration: {
      initial: "unregistered",
      states: {
        unregistered: {
          on: {
            "station.register": { target: "registered", actions: "changeSettings" },
            "station.import": { target: "registered", actions: "changeSettings" },
            "socket.opened": {
              guard: "mayRegister",
              target: "registered",
              actions: "registerItself",
            },
          },
        },
        registered: {
          initial: "Accepted",
          states: {
            Accepted: {
              always: [
                {
                  guard: { type: "isSetTo", params: { registration: "Pending" } },
                  target: "Pending",
                },
                {
                  guard: { type: "isSetTo", params: { registration: "Rejected" } },
                  target: "Rejected",
                },
              ],
            },
            Pending: {
              always: [
                {
                  guard: { type: "isSetTo", params: { registration: "Accepted" } },
                  target: "Accepted",
                },
                {
                  guard: { type: "isSetTo", params: { registration: "Rejected" } },
                  target: "Rejected",
                },
              ],
            },
            Rejected: {
              always: [
                {
                  guard: { type: "isSetTo", params: { registration: "Accepted" } },
                  target: "Accepted",
                },
                {
                  guard: { type: "isSetTo", params: { registration: "Pending" } },
                  target: "Pending",
                },
              ],
            },
          },
          on: {
            "station.register": {
              actions: {
                type: "refuse",
                params: { kind: "conflict", detail: "Cannot register the station: it exists" },
              },
            },
            "station.import": { actions: "changeSettings" },
            "station.change": { actions: "changeSettings" },
            "station.remove": { target: "unregistered", actions: "removeStation" },
            BootNotification: { actions: "noteBoot" },
            Heartbeat: { actions: "noteBeat" },
            StatusNotification: { actions: "noteStatus" },
            StatusReports: { actions: "noteStatus" },
            Notice: { actions: "noteNotice" },
            "TransactionEvent.Started": { actions: "noteTransaction" },
            "TransactionEvent.Updated": { actions: "noteTransaction" },
            "TransactionEvent.Ended": { actions: "noteTransaction" },
            "session.close-stale": { actions: "closeStaleSessions" },
            "block.order": { actions: "heedOrder" },
            "session.alert": { actions: "noteSession" },
            "session.recovered": { actions: "noteSession" },
            "session.incomplete": { actions: "askForMessages" },
            "alert.acknowledge": { actions: "changeAlert" },
            "alert.resolve": { actions: "changeAlert" },
            "configuration.check": { actions: "noteDrift" },
            "alarm.configuration": { actions: "noteDrift" },
          },
        },
      },
    },
    presence: {
      initial: "offline",
      states: {
        offline: {
          on: {
            "socket.opened": [
              { guard: "isOldSocket", actions: "openSocket" },
              { guard: "isKnown", target: "online", actions: "openSocket" },
              { guard: "mayRegister", target: "online", actions: "openSocket" },
            ],
            "alarm.offline": { actions: "noteOffline" },
            "command.request": { guard: "isKnown", actions: "queueCommand" },
            "call.request": { guard: "isKnown", actions: "refuseCall" },
          },
        },
        online: {
          on: {
            "socket.opened": { actions: "openSocket" },
            "socket.closed": {
              guard: "isOfCurrentSocket",
              target: "offline",
              actions: "loseSocket",
            },
            "socket.absent": {
              guard: "isOfCurrentSocket",
              target: "offline",
              actions: "loseSocket",
            },
            "gateway.lost": {
              guard: "isOfCurrentSocket",
              target: "offline",
              actions: "loseSocket",
            },
            "station.remove": "offline",
            "command.request": { actions: "sendCommand" },
            "call.request": { actions: "sendCall" },
          },
        },
      },
      on: {
        "ocpp.answer": { actions: "takeAnswer" },
        "alarm.commands": { actions: "ringCommands" },
        "alarm.rivals": { actions: "endRivalry" },
      },
    },
  },
  // What an unknown station is asked; all else that no state takes changes nothing.
  on: {
    "socket.opened": { actions: { type: "refuse", params: notRegistered } },
    "station.change": { actions: { type: "refuse", params: notRegistered } },
    "station.remove": { actions: { type: "refuse", params: notRegistered } },
    "command.request": { actions: { type: "refuse", params: notRegistered } },
    "call.request": { actions: { type: "refuse", params: notRegistered } },
    "session.close-stale": { actions: { type: "refuse", params: notRegistered } },
    "block.order": { actions: { type: "refuse", params: notRegistered } },
    "configuration.check": { actions: { type: "refuse", params: notRegistered } },
    "alert.acknowledge": { actions: { type: "refuse", params: notRegistered } },
    "alert.resolve": { actions: { type: "refuse", params: notRegistered } },
  },
});

function notRegistered(): { readonly kind: string; readonly detail: string } {
  return { kind: "not-found", detail: "Cannot find the station: it is not registered" };
}
