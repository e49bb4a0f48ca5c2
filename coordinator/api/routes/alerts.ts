import { z } from 'zod';
import { problemAt } from '#shared/check/problem.ts';
import { ALERT_KINDS, type AlertAction } from '../alerts-port.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { ApiError, invalidInput, notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import type { Caller } from '../ports.ts';
import { validated } from '../validate.ts';
import { alertEntity, AlertEntity, checkAlertEntity, CheckAlertEntity } from '../wire/alert-entity.ts';
import { checkIdParam, flag, instantMs, limit, page, resultsOfParam } from '../wire/query.ts';
import { contentRange } from './checks.ts';

const MINUTE_MS = 60_000;
/** Longer than that a mute says it better. */
const SNOOZE_MINUTES_MAX = 30 * 24 * 60;
/** One question for what was told covers at most this (checkly-api.md §5.5). */
const TOLD_RANGE_MS = 6 * 3_600_000;

const AlertsQuery = z.object({
  limit, page, isOpen: flag.optional().meta({ description: 'true: those that go on; false: those that are over' }),
  kind: z.enum(ALERT_KINDS).optional(), checkId: checkIdParam.shape.id.optional(),
  from: instantMs.optional(), to: instantMs.optional(),
});
const alertParam = z.object({ id: z.guid().transform((id) => id.toLowerCase()).meta({ description: 'the id of the alert' }) });
const SnoozeBody = z.strictObject({
  minutes: z.int().min(0).max(SNOOZE_MINUTES_MAX).optional().meta({ description: 'from now on; 0 ends a snooze' }),
  until: instantMs.optional(),
}).meta({ id: 'AlertSnooze' });
const ToldQuery = z.object({ limit, page, from: instantMs.optional(), to: instantMs.optional() });

/** Alerts: which there are, what was told of them, and what people say about one. */
export function alertRoutes(app: ApiApp, { store, clock }: ApiDeps): void {
  app.get('/v1/alerts', {
    config: { scope: 'alerts:read' },
    schema: { tags: ['alerts'], summary: 'List alerts', description: 'Those that go on first, each newest first; `from` and `to` are of when they were opened.', querystring: AlertsQuery, response: { 200: z.array(AlertEntity) } },
  }, async (request, reply) => {
    const { limit: entriesMax, page: at, from, to, isOpen, kind, checkId } = request.query;
    const { entries, total } = await store.listAlerts(callerOf(request).accountId, {
      limit: entriesMax, page: at, ...(isOpen === undefined ? {} : { isOpen }), ...(kind === undefined ? {} : { kind }), ...(checkId === undefined ? {} : { checkId }),
      ...(from === undefined ? {} : { fromMs: from }), ...(to === undefined ? {} : { toMs: to }),
    });
    reply.header('content-range', contentRange((at - 1) * entriesMax, entries.length, total));
    return reply.send(entries.map(alertEntity));
  });

  app.get('/v1/alerts/:id', {
    config: { scope: 'alerts:read' },
    schema: { tags: ['alerts'], summary: 'One alert', params: alertParam, response: { 200: AlertEntity } },
  }, async (request, reply) => {
    const { id } = request.params;
    const alert = await store.getAlert(callerOf(request).accountId, id);
    if (!alert) throw notFound(`the alert ${id}`);
    return reply.send(alertEntity(alert));
  });

  const act = async (caller: Caller, id: string, action: AlertAction): Promise<z.output<typeof AlertEntity>> => {
    const changed = await store.changeAlert(caller.accountId, id, action);
    if (changed === 'not_found') throw notFound(`the alert ${id}`);
    if (changed === 'closed') throw new ApiError(409, 'the alert is over; there is nothing left to say about it');
    return alertEntity(changed);
  };

  app.post('/v1/alerts/:id/acknowledge', {
    config: { scope: 'alerts:write' },
    schema: { tags: ['alerts'], summary: 'Say that somebody is at work on it', description: 'Reminders stop; its end is told as ever.', params: alertParam, response: { 200: AlertEntity } },
  }, async (request, reply) => reply.send(await act(callerOf(request), request.params.id, { kind: 'acknowledge', by: nameOf(callerOf(request)) })));

  app.post('/v1/alerts/:id/unacknowledge', {
    config: { scope: 'alerts:write' },
    schema: { tags: ['alerts'], summary: 'Take an acknowledgement back', params: alertParam, response: { 200: AlertEntity } },
  }, async (request, reply) => reply.send(await act(callerOf(request), request.params.id, { kind: 'unacknowledge' })));

  app.post('/v1/alerts/:id/snooze', {
    config: { scope: 'alerts:write' },
    schema: { tags: ['alerts'], summary: 'Tell nothing but its end for a while', description: '`minutes` from now, or `until` an instant, at most 30 days; 0 minutes ends a snooze.', params: alertParam, body: SnoozeBody, response: { 200: AlertEntity } },
  }, async (request, reply) => {
    const untilMs = snoozeEnd(validated(SnoozeBody, request.body), clock.nowMs());
    return reply.send(await act(callerOf(request), request.params.id, { kind: 'snooze', untilMs }));
  });

  app.post('/v1/alerts/:id/resolve', {
    config: { scope: 'alerts:write' },
    schema: {
      tags: ['alerts'], summary: 'Close an alert by hand', description: 'Whoever was told of it is told its end. If the trouble goes on, nothing more is told of it until it is over.',
      params: alertParam, response: { 200: AlertEntity },
    },
  }, async (request, reply) => reply.send(await act(callerOf(request), request.params.id, { kind: 'resolve', by: nameOf(callerOf(request)) })));

  const told = async (accountId: string, query: z.output<typeof ToldQuery>, checkId?: string) => {
    const { entries, total } = await store.listTransitions(accountId, {
      limit: query.limit, page: query.page, ...toldRange(query, clock.nowMs()), ...(checkId === undefined ? {} : { checkId }),
    });
    return { range: contentRange((query.page - 1) * query.limit, entries.length, total), alerts: entries.flatMap((notice) => checkAlertEntity(notice) ?? []) };
  };

  app.get('/v1/check-alerts', {
    config: { scope: 'alerts:read' },
    schema: { tags: ['alerts'], summary: 'What was told of checks', description: 'Newest first; the last 6 hours, or `from` to `to`, at most 6 hours.', querystring: ToldQuery, response: { 200: z.array(CheckAlertEntity) } },
  }, async (request, reply) => {
    const { range, alerts } = await told(callerOf(request).accountId, request.query);
    return reply.header('content-range', range).send(alerts);
  });

  app.get('/v1/check-alerts/:checkId', {
    config: { scope: 'alerts:read' },
    schema: { tags: ['alerts'], summary: 'What was told of one check', description: 'Newest first; the last 6 hours, or `from` to `to`, at most 6 hours.', params: resultsOfParam, querystring: ToldQuery, response: { 200: z.array(CheckAlertEntity) } },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { checkId } = request.params;
    if (!await store.getCheck(accountId, checkId)) throw notFound(`the check ${checkId}`);
    const { range, alerts } = await told(accountId, request.query, checkId);
    return reply.header('content-range', range).send(alerts);
  });
}

/** A person by the address, a key by its name. */
function nameOf({ user, keyName }: Caller): string {
  return user?.email ?? (keyName === undefined ? 'an API key' : `API key ${keyName}`);
}

function snoozeEnd({ minutes, until }: z.output<typeof SnoozeBody>, nowMs: number): number | null {
  if ((minutes === undefined) === (until === undefined)) throw invalidInput([problemAt('minutes', minutes ?? null, 'minutes or until', 'give either minutes or until')]);
  if (minutes !== undefined) return minutes === 0 ? null : nowMs + minutes * MINUTE_MS;
  if (until! <= nowMs || until! > nowMs + SNOOZE_MINUTES_MAX * MINUTE_MS) {
    throw invalidInput([problemAt('until', new Date(until!).toISOString(), 'within 30 days', 'must lie ahead, by 30 days at most')]);
  }
  return until!;
}

function toldRange({ from, to }: z.output<typeof ToldQuery>, nowMs: number): { readonly fromMs: number; readonly toMs: number } {
  // A little ahead: another coordinator's clock may have written the newest.
  const toMs = to ?? (from === undefined ? nowMs + MINUTE_MS : from + TOLD_RANGE_MS);
  const fromMs = from ?? toMs - TOLD_RANGE_MS;
  if (fromMs >= toMs) throw invalidInput([problemAt('from', new Date(fromMs).toISOString(), `before ${new Date(toMs).toISOString()}`, 'must be before to')]);
  if (toMs - fromMs > TOLD_RANGE_MS) throw invalidInput([problemAt('from', new Date(fromMs).toISOString(), '6 hours', 'a range is at most 6 hours long; ask for less at a time')]);
  return { fromMs, toMs };
}
