/** What is told of a session when it enters a state, and when it changes in one. */
import { chargingStateOf } from "#actors/domain/connector_status.ts";
import type { Phase, SessionContext, SessionEvent } from "./context.ts";
import { type Rule, rule, type Turn } from "./turn.ts";
import { describeSession } from "./views.ts";

const ended: ReadonlySet<Phase> = new Set(["messagesPending", "complete"]);

/** Notes where the session stands now and tells the world. */
export function enterPhase(phase: Phase): Rule {
  return (turn) => {
    const wasRunning = !ended.has(turn.context.phase);
    const isNew = turn.context.phase === "new";
    turn.set({ phase });
    if (isNew) announce(turn, "session.started");
    if (ended.has(phase) && wasRunning) announce(turn, "session.ended");
    else if (!isNew) announce(turn, "session.updated");
  };
}

export const announceChange: Rule = (turn) => announce(turn, "session.updated");

/** An operator's note; a session that is not to be billed says why. */
export const annotate = rule(["session.annotate"], (turn, event) => {
  const { annotation, billable, reason } = turn.context;
  turn.set({
    annotation: event.annotation === undefined ? annotation : event.annotation,
    billable: event.billable ?? billable,
    reason: event.reason ?? reason,
  });
  turn.reply(describeSession(turn.context));
});

/** Whether the event says that the session is in another charging state than it was. */
export function reports(context: SessionContext, event: SessionEvent, phase: Phase): boolean {
  if (context.phase === phase) return false;
  if (event.type === "connector.status") {
    return context.family === "1.6" && chargingStateOf(event.status) === phase;
  }
  return "chargingState" in event && event.chargingState === phase;
}

function announce(
  turn: Turn,
  name: "session.started" | "session.updated" | "session.ended",
): void {
  turn.fact(name, turn.context.stationId, describeSession(turn.context));
}
