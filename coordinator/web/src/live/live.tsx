import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useRef, useState, type ReactNode } from 'react';

/** What `GET /v1/events` says: something of this kind changed; `checkIds` null: too many to name. */
export type LiveEvent = { readonly kind: 'results' | 'statuses' | 'checks' | 'fleet' | 'alerts' | 'settings'; readonly checkIds: readonly string[] | null };

type Listener = (event: LiveEvent) => void;
const LiveContext = createContext<{ readonly isLive: boolean; readonly listeners: Set<Listener> }>({ isLive: false, listeners: new Set() });

/**
 * The topics, first parts of query keys, that an event makes stale. A page keys its queries with one of these and
 * stays fresh by itself: `['checks', …]` lists, `['check', id, …]` one check, `['fleet', …]`, `['alerts', …]`.
 */
const TOPICS: Readonly<Record<LiveEvent['kind'], readonly string[]>> = {
  results: ['checks', 'check'],
  statuses: ['checks', 'check', 'alerts'],
  checks: ['checks', 'check'],
  fleet: ['fleet'],
  alerts: ['alerts', 'checks'],
  settings: ['settings'],
};

/** One connection for the whole page; reconnects by itself, and refreshes everything after a gap. */
export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const queries = useQueryClient();
  const [isLive, setLive] = useState(false);
  const [listeners] = useState(() => new Set<Listener>());
  useEffect(() => {
    const source = new EventSource('/v1/events');
    let wasLost = false;
    source.onopen = () => {
      setLive(true);
      if (wasLost) void queries.invalidateQueries();
      wasLost = false;
    };
    source.onerror = () => { setLive(false); wasLost = true; };
    source.addEventListener('change', (message: MessageEvent<string>) => {
      const event = JSON.parse(message.data) as LiveEvent;
      refresh(queries, event);
      for (const listener of listeners) listener(event);
    });
    return () => source.close();
  }, [queries, listeners]);
  return <LiveContext.Provider value={{ isLive, listeners }}>{children}</LiveContext.Provider>;
}

/** Is the page kept up to date just now? */
export function useIsLive(): boolean {
  return useContext(LiveContext).isLive;
}

/** Calls back on every event, for what is not a query. */
export function useLive(listener: Listener): void {
  const { listeners } = useContext(LiveContext);
  const latest = useRef(listener);
  useEffect(() => { latest.current = listener; });
  useEffect(() => {
    const hear: Listener = (event) => latest.current(event);
    listeners.add(hear);
    return () => { listeners.delete(hear); };
  }, [listeners]);
}

function refresh(queries: QueryClient, { kind, checkIds }: LiveEvent): void {
  for (const topic of TOPICS[kind]) {
    void queries.invalidateQueries({
      predicate: ({ queryKey }) => queryKey[0] === topic
        && (topic !== 'check' || checkIds === null || checkIds.includes(String(queryKey[1]))),
    });
  }
}
