import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react';

/** What `GET /v1/events` says: something of this kind changed; `checkIds` null: too many to name. */
type LiveEvent = { readonly kind: 'results' | 'statuses' | 'checks' | 'fleet' | 'alerts' | 'settings'; readonly checkIds: readonly string[] | null };

const IsLive = createContext(false);

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
      refresh(queries, JSON.parse(message.data) as LiveEvent);
    });
    return () => source.close();
  }, [queries]);
  return <IsLive.Provider value={isLive}>{children}</IsLive.Provider>;
}

/** Is the page kept up to date just now? */
export function useIsLive(): boolean {
  return useContext(IsLive);
}

function refresh(queries: QueryClient, { kind, checkIds }: LiveEvent): void {
  for (const topic of TOPICS[kind]) {
    void queries.invalidateQueries({
      predicate: ({ queryKey }) => queryKey[0] === topic
        && (topic !== 'check' || checkIds === null || checkIds.includes(String(queryKey[1]))),
    });
  }
}
