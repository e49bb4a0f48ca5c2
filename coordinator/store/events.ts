/** News between coordinators for the dashboards that are open; see events/account-events.ts. */
import { sql } from 'kysely';
import type { EventStore } from '../events/account-events.ts';
import { EVENT_CHANNEL, type ConfigHints } from './config-hints.ts';
import type { Db } from './connect.ts';

export function eventStore(db: Db, hints: ConfigHints): EventStore {
  return {
    async publishEvents(payloads) {
      if (payloads.length === 0) return;
      await sql`select pg_notify(${EVENT_CHANNEL}, payload) from unnest(${[...payloads]}::text[]) as payload`.execute(db);
    },
    watchEvents: (onPayload) => hints.subscribeEvents(onPayload),
    watchFleet: (onChange) => hints.subscribe('fleet', onChange),
  };
}
