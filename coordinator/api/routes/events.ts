import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '#shared/time/clock.ts';
import type { AccountEvents } from '../../events/account-events.ts';
import type { ApiApp } from '../api-app.ts';
import { ApiError } from '../api-error.ts';
import { asksOnly } from '../asks-only.ts';
import { callerOf } from '../authenticate.ts';

/** Proxies drop a connection that says nothing for a minute. */
const HEARTBEAT_MS = 15_000;
/** Then the browser comes again by itself, and is asked again who it is. */
const STREAM_MS_MAX = 15 * 60_000;
/** Of this coordinator. */
const STREAMS_MAX = 1_000;
/** A reader this far behind is cut off; it comes again and reads everything afresh. */
const UNREAD_BYTES_MAX = 64 * 1024;
const RECONNECT_AFTER_MS = 2_000;

/** What changed in the account, as server-sent events: `event: change`, `data: {kind, checkIds}`. */
export function eventRoutes(app: ApiApp, { events, clock }: { readonly events: AccountEvents; readonly clock: Clock }): void {
  const open = new Set<ServerResponse>();
  app.addHook('preClose', async () => { for (const stream of open) stream.end(); });

  app.get('/v1/events', {
    config: { scope: 'checks:read' },
    schema: {
      tags: ['results'], summary: 'What changes, as it changes (server-sent events)',
      description: 'Events named `change` with `{kind, checkIds}`: read again what you show of it. `checkIds` null: too many to name.',
      response: { 200: { description: 'text/event-stream', content: { 'text/event-stream': { schema: {} } } } },
    },
  }, (request, reply) => {
    const { accountId } = callerOf(request);
    if (open.size >= STREAMS_MAX) throw new ApiError(503, 'too many dashboards are open at this coordinator; try again in a minute', { headers: { 'retry-after': '60' } });
    reply.hijack();
    const stream = reply.raw;
    stream.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no', 'x-content-type-options': 'nosniff',
    });
    const write = (text: string): void => {
      if (stream.writableLength > UNREAD_BYTES_MAX) stream.destroy();
      else stream.write(text);
    };
    write(`retry: ${RECONNECT_AFTER_MS}\n\n`);
    const unsubscribe = events.subscribe(accountId, (event) => write(`event: change\ndata: ${JSON.stringify(event)}\n\n`));
    let heartbeat: Timer;
    const beat = (): void => { heartbeat = clock.setTimer(HEARTBEAT_MS, () => { write(': here\n\n'); beat(); }); };
    beat();
    const end = clock.setTimer(STREAM_MS_MAX, () => stream.end());
    open.add(stream);
    stream.once('close', () => {
      open.delete(stream);
      unsubscribe();
      heartbeat.cancel();
      end.cancel();
    });
    stream.on('error', () => stream.destroy());
  });
}

/** A write of the API is news by itself. `url`: the route's. */
export function tellWrites(app: ApiApp, events: AccountEvents): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions: { url } } = request;
    // Who accepts an invitation had no session when the request came.
    const accountId = request.caller?.accountId ?? request.auditedAs?.accountId;
    if (accountId === undefined || url === undefined || method === 'GET' || method === 'HEAD' || reply.statusCode >= 300 || url.endsWith('/run') || asksOnly(url)) return;
    events.note(accountId, /^\/v1\/checks\b/.test(url) ? 'checks' : /locations|agents/.test(url) ? 'fleet' : /alert|channel|maintenance|incident/.test(url) ? 'alerts' : 'settings', null);
  });
}
