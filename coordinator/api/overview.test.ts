import { describe, expect, test } from 'vitest';
import { aCheck } from '#shared/testing/builders.ts';
import { chosenRows, countByStatus, overviewRows, type OverviewStatus } from './overview.ts';

const check = (id: string, changes: Parameters<typeof aCheck>[0] = {}) => ({ id, accountId: 'a', revision: 1, check: aCheck({ name: id, ...changes }), createdAtMs: 0, updatedAtMs: 0 });
const rows = overviewRows([
  check('web', { tags: ['prod'] }), check('api', { tags: ['prod'] }), check('mail'), check('off', { activated: false }), check('new'),
], ['web', 'api', 'mail', 'off'].map((checkId) => ({ checkId, name: checkId, revision: 1, createdAtMs: 0, updatedAtMs: 0, last: null, longestRunMs: null, shortestRunMs: null, status: 'noData' as const, sinceMs: null, locations: [] })),
({ checkId }) => ({ web: 'passing', api: 'failing', mail: 'degraded' } as Record<string, Exclude<OverviewStatus, 'inactive'>>)[checkId] ?? 'failing');
const ALL = { search: null, tag: null, status: null, location: null };
const names = (filter: Partial<typeof ALL> | { status: OverviewStatus }) => chosenRows(rows, { ...ALL, ...filter }).map(({ stored }) => stored.id);

describe('the home page', () => {
  test('has what needs somebody at the top, and an inactive check never among it', () => {
    expect(names({})).toEqual(['api', 'mail', 'new', 'web', 'off']);
    expect(countByStatus(rows)).toEqual({ failing: 1, degraded: 1, noData: 1, passing: 1, inactive: 1 });
  });

  test('finds by status, tag, name and target, all together', () => {
    expect(names({ tag: 'prod' } as never)).toEqual(['api', 'web']);
    expect(names({ status: 'degraded' })).toEqual(['mail']);
    expect(names({ search: 'WE' } as never)).toEqual(['web']);
    expect(names({ search: `:${rows[0]!.stored.check.request.port}` } as never)).toHaveLength(5);
    expect(names({ location: 'nowhere' } as never)).toEqual([]);
  });
});
