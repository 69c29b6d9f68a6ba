/** React's view of the API and the live connection. */
import {
  createContext,
  type ReactElement,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { Api, ApiError, messageOf } from "./api.ts";
import { type LiveEvent, LiveFeed, type LiveState } from "./live_feed.ts";
import type { List } from "./shapes.ts";

interface Platform {
  readonly api: Api;
  readonly feed: LiveFeed;
}

const PlatformContext = createContext<Platform | null>(null);

export function PlatformProvider(
  props: { operatorKey: string; onRefused: () => void; children: ReactNode },
): ReactElement {
  const { operatorKey, onRefused, children } = props;
  const platform = useMemo(() => {
    const api = new Api({ key: operatorKey, onRefused });
    return { api, feed: new LiveFeed((from, signal) => api.events(from, signal)) };
  }, [operatorKey, onRefused]);
  useEffect(() => {
    void platform.feed.run();
    return () => platform.feed.stop();
  }, [platform]);
  return <PlatformContext value={platform}>{children}</PlatformContext>;
}

function usePlatform(): Platform {
  const platform = useContext(PlatformContext);
  if (platform === null) throw new Error("A page stands outside of PlatformProvider");
  return platform;
}

export function useApi(): Api {
  return usePlatform().api;
}

export function useLiveState(): LiveState {
  const { feed } = usePlatform();
  return useSyncExternalStore((changed) => feed.onState(changed), () => feed.state);
}

/** Calls `listener` with every batch of live events while the component is on the page. */
export function useLiveEvents(listener: (events: readonly LiveEvent[]) => void): void {
  const { feed } = usePlatform();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => feed.onEvents((events) => latest.current(events)), [feed]);
}

export interface Query<Value> {
  readonly value: Value | undefined;
  readonly error: ApiError | undefined;
  readonly loading: boolean;
  reload(): void;
  /** Changes the value at hand, for example by a live event. */
  change(update: (value: Value) => Value): void;
}

interface Loaded<Value> {
  readonly path: string | null;
  readonly value: Value | undefined;
  readonly error: ApiError | undefined;
}

/**
 * GETs `path` (null = nothing yet). While another path loads, the last value stays; after a gap in
 * the live connection the value is loaded again.
 */
export function useQuery<Value>(path: string | null): Query<Value> {
  const { api, feed } = usePlatform();
  const [turn, setTurn] = useState(0);
  const [loaded, setLoaded] = useState<Loaded<Value>>({
    path: null,
    value: undefined,
    error: undefined,
  });
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  useEffect(() => feed.onResync(reload), [feed, reload]);
  useEffect(() => {
    if (path === null) return;
    const stopper = new AbortController();
    api.get<Value>(path, stopper.signal).then(
      (value) => setLoaded({ path, value, error: undefined }),
      (thrown: unknown) => {
        if (stopper.signal.aborted) return;
        const error = thrown instanceof ApiError ? thrown : new ApiError(0, messageOf(thrown));
        setLoaded((before) => ({ path, value: before.value, error }));
      },
    );
    return () => stopper.abort();
  }, [api, path, turn]);
  const change = useCallback((update: (value: Value) => Value) => {
    setLoaded((before) => {
      if (before.value === undefined) return before;
      const value = update(before.value);
      return value === before.value ? before : { ...before, value };
    });
  }, []);
  return {
    value: loaded.value,
    error: loaded.error,
    loading: loaded.path !== path,
    reload,
    change,
  };
}

/** Changes the items of a list at hand; the same list again when `update` gives the same items. */
export function changeItems<Item>(
  query: Query<List<Item>>,
  update: (items: readonly Item[]) => readonly Item[],
): void {
  query.change((list) => {
    const items = update(list.items);
    return items === list.items ? list : { ...list, items };
  });
}

/** Runs `work` at most once in `milliseconds`: at once, and again at the end if asked meanwhile. */
export function useThrottled(work: () => void, milliseconds: number): () => void {
  const latest = useRef(work);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const again = useRef(false);
  useEffect(() => {
    latest.current = work;
  });
  useEffect(() => () => {
    clearTimeout(timer.current);
    timer.current = undefined;
  }, []);
  return useCallback(() => {
    if (timer.current !== undefined) {
      again.current = true;
      return;
    }
    const rest = (): void => {
      timer.current = undefined;
      if (!again.current) return;
      again.current = false;
      latest.current();
      timer.current = setTimeout(rest, milliseconds);
    };
    latest.current();
    timer.current = setTimeout(rest, milliseconds);
  }, [milliseconds]);
}

/** Asks again in a rhythm while the page can be seen: for readings, which are no events. */
export function usePolling(reload: () => void, milliseconds: number, isOn: boolean): void {
  useEffect(() => {
    if (!isOn) return;
    const timer = setInterval(() => {
      if (!document.hidden) reload();
    }, milliseconds);
    return () => clearInterval(timer);
  }, [reload, milliseconds, isOn]);
}

const tickMs = 1_000;
let tickNow = Date.now();
const tickListeners = new Set<() => void>();
let ticker: ReturnType<typeof setInterval> | undefined;

function onTick(listener: () => void): () => void {
  tickListeners.add(listener);
  if (ticker === undefined) tickNow = Date.now();
  ticker ??= setInterval(() => {
    tickNow = Date.now();
    for (const each of tickListeners) each();
  }, tickMs);
  return () => {
    tickListeners.delete(listener);
    if (tickListeners.size > 0) return;
    clearInterval(ticker);
    ticker = undefined;
  };
}

/** The present in milliseconds, renewed every second by one timer for the whole page. */
export function useNow(): number {
  return useSyncExternalStore(onTick, () => tickNow);
}
