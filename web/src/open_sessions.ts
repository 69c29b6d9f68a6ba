import { useEffect, useRef, useState } from "react";
import { segment } from "./api.ts";
import { useApi, useLiveEvents, usePolling, useQuery, useThrottled } from "./live.tsx";
import { mergeOpenSessions } from "./live_merge.ts";
import type { List, Session } from "./shapes.ts";

/** Power readings come with meter values, mostly every 10 to 60 s. */
const readingsMs = 8_000;

/**
 * The open sessions with their newest readings, kept live. The newest thousand come in one request;
 * of more, those in `wanted` (sessions of the stations on the page) are asked for one by one.
 */
export function useOpenSessions(wanted: readonly string[]): ReadonlyMap<string, Session> {
  const api = useApi();
  const list = useQuery<List<Session>>("/sessions?status=open&limit=1000");
  const [open, setOpen] = useState<ReadonlyMap<string, Session>>(new Map());
  const asked = useRef(new Set<string>());

  useEffect(() => {
    if (list.value === undefined) return;
    asked.current = new Set();
    setOpen(new Map(list.value.items.map((session) => [session.id, session])));
  }, [list.value]);

  usePolling(list.reload, readingsMs, true);
  const reload = useThrottled(list.reload, readingsMs / 4);
  useLiveEvents((events) => {
    setOpen((before) => mergeOpenSessions(before, events));
    // The first reading of a session follows its start at once.
    if (events.some((event) => event.kind === "session" && event.event !== "metered")) reload();
  });

  const missing = list.value?.nextCursor === null || list.value === undefined
    ? []
    : wanted.filter((id) => !open.has(id) && !asked.current.has(id));
  const missingText = missing.join(" ");
  useEffect(() => {
    for (const id of missingText === "" ? [] : missingText.split(" ")) {
      asked.current.add(id);
      api.get<Session>(`/sessions/${segment(id)}`).then(
        (session) => {
          if (session.status !== "open") return;
          setOpen((before) => new Map(before).set(session.id, session));
        },
        // A session that is gone meanwhile is simply not open any more.
        () => {},
      );
    }
  }, [api, missingText]);
  return open;
}
