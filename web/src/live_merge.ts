/** Pure rules by which live events change what is on a page. */
import { isRecord, type LiveEvent } from "./live_feed.ts";
import type { Alert, Command, Session, Station } from "./shapes.ts";

type Body = Readonly<Record<string, unknown>>;

/** The newest whole description of each station in these events. */
export function stationsIn(events: readonly LiveEvent[]): ReadonlyMap<string, Station> {
  return newest(events, "charger", isStation);
}

export function commandsIn(events: readonly LiveEvent[]): ReadonlyMap<string, Command> {
  return newest(events, "command", isCommand);
}

export function alertsIn(events: readonly LiveEvent[]): ReadonlyMap<string, Alert> {
  return newest(events, "alert", isAlert);
}

/** Of which station an event tells. */
export function stationOf(event: LiveEvent): string | undefined {
  const named = event.body["stationId"];
  if (typeof named === "string") return named;
  const id = event.body["id"];
  return event.kind === "charger" && typeof id === "string" ? id : undefined;
}

/** Of which session an event tells. */
export function sessionOf(event: LiveEvent): string | undefined {
  if (event.kind !== "session") return undefined;
  const id = event.body["sessionId"] ?? event.body["id"];
  return typeof id === "string" ? id : undefined;
}

function newest<Item extends { readonly id: string }>(
  events: readonly LiveEvent[],
  kind: string,
  isItem: (body: unknown) => body is Item,
): ReadonlyMap<string, Item> {
  const found = new Map<string, Item>();
  for (const event of events) {
    if (event.kind === kind && isItem(event.body)) found.set(event.body.id, event.body);
  }
  return found;
}

/** Replaces what has changed; the same list again when nothing has, so that nothing renders. */
export function replaceIn<Item extends { readonly id: string }>(
  list: readonly Item[],
  changed: ReadonlyMap<string, Item>,
): readonly Item[] {
  if (!list.some((item) => changed.has(item.id))) return list;
  return list.map((item) => changed.get(item.id) ?? item);
}

/**
 * Session events merge into the session: `metered` brings only the newest readings, and readings
 * stay when a whole description without them follows. What is closed draws no power.
 */
export function mergeSession(session: Session, events: readonly LiveEvent[]): Session {
  let merged = session;
  for (const event of events) {
    if (sessionOf(event) !== session.id) continue;
    const { stationId: _, ...changes } = event.body;
    merged = { ...merged, ...changes };
  }
  if (merged === session) return session;
  return merged.status === "closed" ? { ...merged, powerW: null } : merged;
}

export function mergeSessions(
  list: readonly Session[],
  events: readonly LiveEvent[],
): readonly Session[] {
  const touched = new Set(events.map(sessionOf));
  if (!list.some((session) => touched.has(session.id))) return list;
  return list.map((session) => touched.has(session.id) ? mergeSession(session, events) : session);
}

/** The open sessions after these events: those that started are added, those that ended leave. */
export function mergeOpenSessions(
  open: ReadonlyMap<string, Session>,
  events: readonly LiveEvent[],
): ReadonlyMap<string, Session> {
  const relevant = events.filter((event) => event.kind === "session");
  if (relevant.length === 0) return open;
  const merged = new Map(open);
  for (const event of relevant) {
    const id = sessionOf(event);
    if (id === undefined) continue;
    const before = merged.get(id);
    const after = before === undefined
      ? (isSession(event.body) ? event.body : undefined)
      : mergeSession(before, [event]);
    if (after === undefined || after.status === "closed" || event.event === "ended") {
      merged.delete(id);
    } else merged.set(id, after);
  }
  return merged;
}

/** Watts now drawn at each station that has an open session with a power reading. */
export function powerByStation(open: Iterable<Session>): ReadonlyMap<string, number> {
  const power = new Map<string, number>();
  for (const session of open) {
    if (typeof session.powerW !== "number") continue;
    power.set(session.stationId, (power.get(session.stationId) ?? 0) + session.powerW);
  }
  return power;
}

/** The open session at a connector; one without a connector counts for its whole EVSE. */
export function sessionAt(
  sessions: Iterable<Session>,
  evseId: number,
  connectorId: number,
): Session | undefined {
  for (const session of sessions) {
    if (session.status !== "open" || session.evseId !== evseId) continue;
    if (session.connectorId === null || session.connectorId === connectorId) return session;
  }
  return undefined;
}

function isStation(body: unknown): body is Station {
  return isRecord(body) && typeof body["id"] === "string" && Array.isArray(body["evses"]) &&
    isRecord(body["presence"]);
}

function isSession(body: unknown): body is Session {
  return isText(body, "id", "stationId", "startedAt", "state", "status");
}

function isCommand(body: unknown): body is Command {
  return isText(body, "id", "status", "createdAt");
}

function isAlert(body: unknown): body is Alert {
  return isText(body, "id", "kind", "status", "openedAt");
}

function isText(body: unknown, ...names: readonly string[]): body is Body {
  return isRecord(body) && names.every((name) => typeof body[name] === "string");
}
