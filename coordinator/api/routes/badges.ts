import { z } from 'zod';
import { planReading } from '../../analytics/reading-plan.ts';
import { availability } from '../../analytics/tally.ts';
import { quickRange } from '../../analytics/quick-range.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { badge } from '../wire/badge.ts';
import { totalTimes } from '../wire/figures-entity.ts';
import { checkIdParam } from '../wire/query.ts';

const COLOURS = { passing: '#2e7d32', degraded: '#b26a00', failing: '#c62828', noData: '#616161' } as const;
const WORDS = { passing: 'passing', degraded: 'degraded', failing: 'failing', noData: 'no data' } as const;

/** A check's state as a picture; whoever shows it to the public fetches it with a key of its own. */
export function badgeRoutes(app: ApiApp, { store, clock }: ApiDeps): void {
  app.get('/v1/badges/checks/:id', {
    config: { scope: 'checks:read' },
    schema: {
      tags: ['results'], summary: 'A badge of a check', description: 'An SVG image.', params: checkIdParam,
      querystring: z.object({ show: z.enum(['status', 'availability', 'responseTime']).default('status').meta({ description: 'availability and p95 are of the last 30 days' }) }),
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { id: checkId } = request.params;
    const [status] = await store.listCheckStatuses(accountId, [checkId]);
    if (!status) throw notFound(`the check ${checkId}`);
    const { status: state } = status;
    const value = request.query.show === 'status' ? WORDS[state] : await figure(request.query.show, accountId, checkId);
    return reply.type('image/svg+xml').header('cache-control', 'no-cache').send(badge({ label: status.name.slice(0, 60), value, colour: COLOURS[state] }));
  });

  async function figure(show: 'availability' | 'responseTime', accountId: string, checkId: string): Promise<string> {
    const cut = { kind: 'whole' } as const;
    const { segments } = planReading({ ...quickRange('last30Days', clock.nowMs()), cut, mustReadRows: false });
    const [piece] = await store.readPieces(accountId, { checkIds: [checkId], segments, cut, byLocation: false, times: show === 'availability' ? 'none' : 'total' });
    if (!piece) return 'no data';
    const available = availability(piece.tally);
    const times = totalTimes(piece.tally, piece.total);
    // Never rounded up to what was not reached.
    if (show === 'availability') return available === null ? 'no data' : `${(Math.floor(available * 10_000) / 100).toFixed(2)} %`;
    return times ? `p95 ${times.p95Ms.toFixed(times.p95Ms < 10 ? 1 : 0)} ms` : 'no data';
  }
}
