import { z } from 'zod';
import { planReading } from '../../analytics/reading-plan.ts';
import { availability } from '../../analytics/tally.ts';
import { quickRange } from '../../analytics/quick-range.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { AnswerCache } from '../summary-cache.ts';
import { validated } from '../validate.ts';
import { badge } from '../wire/badge.ts';
import { totalTimes } from '../wire/figures-entity.ts';
import { checkIdParam } from '../wire/query.ts';

const COLOURS = { passing: '#2e7d32', degraded: '#b26a00', failing: '#c62828', noData: '#616161' } as const;
const WORDS = { passing: 'passing', degraded: 'degraded', failing: 'failing', noData: 'no data' } as const;

const QUERY = z.object({ show: z.enum(['status', 'availability', 'responseTime']).default('status').meta({ description: 'availability and p95 are of the last 30 days' }) });
type Show = z.output<typeof QUERY>['show'];
const PublicBadges = z.object({ public: z.boolean().meta({ description: 'true: whoever knows the id of a check may have its badge, with its name' }) }).meta({ id: 'PublicBadges' });
/** A README on a busy page is looked at by thousands; the picture may be as old as this. */
const PUBLIC_MAX_AGE_S = 60;

/** A check's state as a picture: with a key, and for everybody where the account has said so. */
export function badgeRoutes(app: ApiApp, { store, clock }: ApiDeps): void {
  const shown = new AnswerCache<string | null>(clock);

  app.get('/v1/badges/checks/:id', {
    config: { scope: 'checks:read' },
    schema: { tags: ['results'], summary: 'A badge of a check', description: 'An SVG image.', params: checkIdParam, querystring: QUERY },
  }, async (request, reply) => {
    const svg = await svgOf(callerOf(request).accountId, request.params.id, request.query.show);
    if (svg === null) throw notFound(`the check ${request.params.id}`);
    return reply.type('image/svg+xml').header('cache-control', 'no-cache').send(svg);
  });

  app.get('/v1/public/badges/checks/:id', {
    config: { scope: 'public' },
    schema: { tags: ['results'], summary: 'A badge of a check, for everybody', description: 'An SVG image, without a key. 404 unless the account has its badges public.', params: checkIdParam, querystring: QUERY },
  }, async (request, reply) => {
    const { id } = request.params;
    const found = await store.findPublicBadge(id);
    const svg = found && await shown.get(`${id} ${request.query.show}`, () => svgOf(found.accountId, id, request.query.show));
    if (svg === null) throw notFound('this badge');
    return reply.type('image/svg+xml').header('cache-control', `public, max-age=${PUBLIC_MAX_AGE_S}`).send(svg);
  });

  app.get('/v1/account/badges', {
    config: { scope: 'account:read' },
    schema: { tags: ['account'], summary: 'Are badges for everybody?', response: { 200: PublicBadges } },
  }, async (request, reply) => reply.send({ public: await store.hasPublicBadges(callerOf(request).accountId) }));

  app.put('/v1/account/badges', {
    config: { scope: 'account:write' },
    schema: { tags: ['account'], summary: 'Show badges to everybody, or to nobody without a key', body: PublicBadges, response: { 200: PublicBadges } },
  }, async (request, reply) => {
    const { public: isOn } = validated(PublicBadges, request.body);
    await store.setPublicBadges(callerOf(request).accountId, isOn);
    return reply.send({ public: isOn });
  });

  /** null: there is no such check. */
  async function svgOf(accountId: string, checkId: string, show: Show): Promise<string | null> {
    const [status] = await store.listCheckStatuses(accountId, [checkId]);
    if (!status) return null;
    const value = show === 'status' ? WORDS[status.status] : await figure(show, accountId, checkId);
    return badge({ label: status.name.slice(0, 60), value, colour: COLOURS[status.status] });
  }

  async function figure(show: 'availability' | 'responseTime', accountId: string, checkId: string): Promise<string> {
    const cut = { kind: 'whole' } as const;
    const nowMs = clock.nowMs();
    const { segments } = planReading({ ...quickRange('last30Days', nowMs), cut, mustReadRows: false, nowMs });
    const [piece] = await store.readPieces(accountId, { checkIds: [checkId], segments, cut, byLocation: false, times: show === 'availability' ? 'none' : 'total' });
    if (!piece) return 'no data';
    const available = availability(piece.tally);
    const times = totalTimes(piece.tally, piece.total);
    // Never rounded up to what was not reached.
    if (show === 'availability') return available === null ? 'no data' : `${(Math.floor(available * 10_000) / 100).toFixed(2)} %`;
    return times ? `p95 ${times.p95Ms.toFixed(times.p95Ms < 10 ? 1 : 0)} ms` : 'no data';
  }
}
