/** Supervision: sessions that fall silent, never end, or ended with messages missing. */
import { sessionMeter } from "#actors/domain/register.ts";
import { LATE_RING_MS } from "#actors/turn.ts";
import { rule, type Turn } from "./turn.ts";

/**
 * A session that sends meter values is stuck after this long without one (the field's intervals: 10
 * s to 15 min).
 */
export const SILENCE_MS = 60 * 60_000;
/** One that never sent any may be quiet all night. */
export const QUIET_STATION_MS = 12 * 60 * 60_000;
/** Nothing charges for two days; the token actor gives a forgotten grant back after three. */
export const ETERNAL_MS = 48 * 60 * 60_000;
/** A stop may follow the free connector after a few retries. */
export const UNPLUGGED_MS = 5 * 60_000;
/** A stuck session is looked at this often: it may be heard again. */
const STUCK_LOOK_MS = 5 * 60_000;
/** After the end, missing messages may still come from the station's queue. */
export const GRACE_MS = 2 * 60_000;
/** And after we asked for them. */
export const ASKED_GRACE_MS = 10 * 60_000;

/** The first look comes when a station that sends meter values would be silent. */
export const startWatch = (turn: Turn): void => turn.arm("watch", turn.now + SILENCE_MS);

/**
 * A running session is looked after: alerts are the charger's, which knows whether the station is
 * there at all.
 */
export const watchSession = rule(["alarm.watch"], (turn, event) => {
  const { context, now } = turn;
  if (now - event.due > LATE_RING_MS) excuse(turn);
  else {
    const reason = stuckReason(turn);
    if (reason !== null) alert(turn, "stuckSession", reason);
    else if (context.alerted.includes("stuckSession")) recover(turn);
  }
  rearm(turn);
});

/** The station could not be heard at all: its silence tells nothing of this session. */
export const excuseSilence = rule(["session.unheard"], (turn) => {
  excuse(turn);
  rearm(turn);
});

/** Time in which we were not listening does not count. */
function excuse(turn: Turn): void {
  const { alerted, unpluggedAt } = turn.context;
  turn.set({
    heardAt: turn.now,
    unpluggedAt: unpluggedAt === null ? null : turn.now,
    alerted: alerted.filter((kind) => kind !== "stuckSession"),
  });
}

/** A connector that is free again while its session runs: the end was lost, or is still to come. */
export const noteConnector = rule(["connector.status"], (turn, event) => {
  const isFree = event.status === "Available";
  if (isFree === (turn.context.unpluggedAt !== null)) return;
  turn.set({ unpluggedAt: isFree ? turn.now : null });
  rearm(turn);
});

/** Ended, and messages are missing: the station is asked once, then they are given up (rule U3). */
export const awaitMessages = rule(["alarm.watch"], (turn) => {
  const { id: sessionId, transactionId } = turn.context;
  turn.set({ hasAsked: true });
  turn.forward(turn.chargerAddress, { type: "session.incomplete", sessionId, transactionId });
  turn.arm("watch", turn.now + ASKED_GRACE_MS);
});

export const startGrace = (turn: Turn): void => turn.arm("watch", turn.now + GRACE_MS);

export const stopWatch = (turn: Turn): void => turn.disarm("watch");

export const giveUpMessages = (turn: Turn): void => turn.flag("gaps");

/** The station says it still holds some: they get the time again. */
export const waitOn = (turn: Turn): void => turn.arm("watch", turn.now + ASKED_GRACE_MS);

/** A meter that cannot be right is told once. */
export function judgeMeter(turn: Turn): void {
  const { isDoubtful, flags } = sessionMeter(turn.context.register);
  if (!isDoubtful) return;
  alert(turn, "implausibleMeter", `The meter says: ${flags.join(", ")}`, flags);
}

function stuckReason({ context, now }: Turn): string | null {
  const { heardAt, createdAt, unpluggedAt } = context;
  if (unpluggedAt !== null && now - unpluggedAt >= UNPLUGGED_MS) {
    return "The connector is free, and no end has come";
  }
  if (now - createdAt >= ETERNAL_MS) return `Runs for more than ${ETERNAL_MS / 3_600_000} hours`;
  const silentMs = now - heardAt;
  if (silentMs < silenceOf(context)) return null;
  return `Nothing heard for ${Math.round(silentMs / 3_600_000)} hours`;
}

function silenceOf({ messages }: Turn["context"]): number {
  return messages > 2 ? SILENCE_MS : QUIET_STATION_MS;
}

/** Rings when the next of its reasons could have come. */
function rearm(turn: Turn): void {
  const { context, now } = turn;
  const moments = [
    context.heardAt + silenceOf(context),
    context.createdAt + ETERNAL_MS,
    ...(context.unpluggedAt === null ? [] : [context.unpluggedAt + UNPLUGGED_MS]),
  ].filter((moment) => moment > now);
  const look = context.alerted.includes("stuckSession") ? STUCK_LOOK_MS : SILENCE_MS;
  turn.arm("watch", Math.min(now + look, ...moments));
}

function alert(
  turn: Turn,
  kind: "implausibleMeter" | "stuckSession",
  detail: string,
  flags?: readonly string[],
): void {
  const { alerted, id: sessionId } = turn.context;
  if (alerted.includes(kind)) return;
  turn.set({ alerted: [...alerted, kind] });
  const told = { kind, sessionId, detail, ...(flags === undefined ? {} : { flags }) };
  turn.forward(turn.chargerAddress, { type: "session.alert", ...told });
}

function recover(turn: Turn): void {
  const { alerted, id: sessionId } = turn.context;
  turn.set({ alerted: alerted.filter((kind) => kind !== "stuckSession") });
  turn.forward(turn.chargerAddress, { type: "session.recovered", sessionId });
}
