/** What the station page knows and how it stays up to date. */
import { segment, withQuery } from "./api.ts";
import { useToasts } from "./components/toasts.tsx";
import { wordOfCommand } from "./command_advice.ts";
import {
  changeItems,
  type Query,
  useApi,
  useLiveEvents,
  usePolling,
  useQuery,
  useThrottled,
} from "./live.tsx";
import {
  commandsIn,
  mergeSession,
  replaceIn,
  sessionOf,
  stationOf,
  stationsIn,
} from "./live_merge.ts";
import type { Command, CommandKind, List, Session, Station } from "./shapes.ts";

export function useStation(id: string): Query<Station> {
  const query = useQuery<Station>(`/stations/${segment(id)}`);
  const reload = useThrottled(query.reload, 1_000);
  useLiveEvents((events) => {
    const mine = events.filter((event) => event.kind === "charger" && stationOf(event) === id);
    if (mine.length === 0) return;
    const whole = stationsIn(mine).get(id);
    if (whole === undefined) reload();
    else query.change(() => whole);
  });
  return query;
}

/** The open sessions of one station. */
export function useStationSessions(id: string): readonly Session[] {
  const query = useQuery<List<Session>>(
    withQuery("/sessions", { station: id, status: "open", limit: 100 }),
  );
  const reload = useThrottled(query.reload, 1_000);
  useLiveEvents((events) => {
    const mine = events.filter((event) => event.kind === "session" && stationOf(event) === id);
    if (mine.length === 0) return;
    changeItems(query, (items) => items.map((session) => mergeSession(session, mine)));
    const known = new Set((query.value?.items ?? []).map((session) => session.id));
    if (mine.some((event) => event.event !== "metered" || !known.has(sessionOf(event) ?? ""))) {
      reload();
    }
  });
  usePolling(query.reload, 3_000, (query.value?.items.length ?? 0) > 0);
  return (query.value?.items ?? []).filter((session) => session.status === "open");
}

export interface StationCommands {
  readonly commands: readonly Command[] | undefined;
  /** Sends a command; its life cycle shows in `commands`. @throws ApiError when it cannot be taken. */
  send(kind: CommandKind, body: Readonly<Record<string, unknown>>): Promise<void>;
}

export function useStationCommands(id: string): StationCommands {
  const api = useApi();
  const toasts = useToasts();
  const query = useQuery<List<Command>>(withQuery("/commands", { station: id, limit: 8 }));
  const add = (items: readonly Command[], command: Command): readonly Command[] =>
    items.some((each) => each.id === command.id) ? items : [command, ...items];
  useLiveEvents((events) => {
    const changed = new Map(
      [...commandsIn(events)].filter(([, { stationId, kind }]) =>
        stationId === id && kind !== "call"
      ),
    );
    if (changed.size === 0) return;
    changeItems(query, (items) => [...changed.values()].reduce(add, replaceIn(items, changed)));
  });
  return {
    commands: query.value?.items,
    send: async (kind, body) => {
      const command = await api.post<Command>(`/stations/${segment(id)}/commands/${kind}`, body);
      // The event of its next status may have come first: then that one is newer.
      changeItems(query, (items) => add(items, command));
      toasts.done(`${wordOfCommand(command)} is on its way to ${id}`);
    },
  };
}
