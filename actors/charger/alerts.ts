/** Alerts of one station: opened by what it does, acknowledged by people, resolved by either. */
import type { AlertKind } from "#schemas/events/charger.ts";
import type { AlertRecord, ChargerContext } from "./context.ts";
import { learnUnit } from "./quirks.ts";
import { rule, type Turn } from "./turn.ts";
import { alertRow, describeAlert } from "./views.ts";

/** More open alerts at one station tell nothing more; the oldest gives way. */
const OPEN_ALERTS_MAX = 8;
/** An alert's text ends up in snapshots and rows. */
const DETAIL_LENGTH_MAX = 200;

/** Opens an alert, unless one of its kind is open for the same session (or for the station). */
export function openAlert(
  turn: Turn,
  kind: AlertKind,
  detail: string,
  sessionId: string | null = null,
): void {
  const { context } = turn;
  if (findAlert(context, kind, sessionId) !== undefined) return;
  const [oldest] = context.alerts;
  if (oldest !== undefined && context.alerts.length >= OPEN_ALERTS_MAX) resolve(turn, oldest);
  const n = context.counts.alerts + 1;
  const alert: AlertRecord = {
    n,
    kind,
    sessionId,
    detail: detail.slice(0, DETAIL_LENGTH_MAX),
    openedAt: turn.now,
    acknowledgedAt: null,
  };
  turn.set({
    alerts: [...turn.context.alerts, alert],
    counts: { ...turn.context.counts, alerts: n },
  });
  publish(turn, "alert.opened", alert, null);
}

/** Resolves the open alert of that kind (and session), if there is one. */
export function settleAlert(turn: Turn, kind: AlertKind, sessionId: string | null = null): void {
  const alert = findAlert(turn.context, kind, sessionId);
  if (alert !== undefined) resolve(turn, alert);
}

export function findAlert(
  context: ChargerContext,
  kind: AlertKind,
  sessionId: string | null = null,
): AlertRecord | undefined {
  return context.alerts.find((alert) => alert.kind === kind && alert.sessionId === sessionId);
}

/** A person has seen it (a second time changes nothing), or declares it over. */
export const changeAlert = rule(["alert.acknowledge", "alert.resolve"], (turn, event) => {
  const { context } = turn;
  const alert = context.alerts.find(({ n }) => `${context.key}~a${n}` === event.alertId);
  if (alert === undefined) {
    turn.refuse("not-found", `Cannot change the alert ${event.alertId}: none such is open`);
    return;
  }
  if (event.type === "alert.resolve") {
    turn.reply(resolve(turn, alert));
    return;
  }
  if (alert.acknowledgedAt !== null) {
    turn.reply(describeAlert(context, alert, null));
    return;
  }
  const seen = { ...alert, acknowledgedAt: turn.now };
  turn.set({ alerts: context.alerts.map((other) => other === alert ? seen : other) });
  turn.reply(publish(turn, "alert.acknowledged", seen, null));
});

/** A session reports of itself, within the commit that found it. */
export const noteSession = rule(["session.alert", "session.recovered"], (turn, event) => {
  const { context } = turn;
  if (event.type === "session.recovered") settleAlert(turn, "stuckSession", event.sessionId);
  else if (event.kind === "stuckSession" && context.link === null) {
    const n = Number(event.sessionId.slice(context.key.length + 1));
    turn.forwardTo(n, { type: "session.unheard" });
  } else {
    openAlert(turn, event.kind, event.detail, event.sessionId);
    if (event.flags?.includes("kWhAsWh")) learnUnit(turn, event.sessionId);
  }
});

/** Ends every alert: the station is no more. */
export function resolveAll(turn: Turn): void {
  for (const alert of turn.context.alerts) resolve(turn, alert);
}

function resolve(turn: Turn, alert: AlertRecord): unknown {
  turn.set({ alerts: turn.context.alerts.filter((other) => other.n !== alert.n) });
  return publish(turn, "alert.resolved", alert, turn.now);
}

function publish(
  turn: Turn,
  name: "alert.opened" | "alert.acknowledged" | "alert.resolved",
  alert: AlertRecord,
  resolvedAt: number | null,
): unknown {
  const description = describeAlert(turn.context, alert, resolvedAt);
  turn.rows.push(alertRow(description));
  turn.announce(name, description);
  return description;
}
