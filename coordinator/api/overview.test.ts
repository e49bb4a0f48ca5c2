import { describe, expect, test } from 'vitest';
import type { OverviewCheck } from './overview-port.ts';
import { chosenChecks, countByStatus, distinct, type OverviewFilter } from './overview.ts';

const check = (name: string, changes: Partial<OverviewCheck> = {}): OverviewCheck => ({
  checkId: name, name, tags: [], target: '127.0.0.1:6379', activated: true, muted: false, status: 'passing', sinceMs: null, locations: ['eu'], privateLocations: [], ...changes,
});
const CHECKS = [
  check('web', { tags: ['prod'] }), check('api', { tags: ['prod'], status: 'failing' }), check('mail', { status: 'degraded', privateLocations: ['dc-1'] }),
  check('off', { activated: false, status: 'failing' }), check('new', { status: 'noData' }),
];
const names = (filter: Partial<OverviewFilter>) => chosenChecks(CHECKS, { search: null, tag: null, status: null, location: null, ...filter }).map(({ name }) => name);

describe('the home page', () => {
  test('has what needs somebody at the top, and an inactive check never among it', () => {
    expect(names({})).toEqual(['api', 'mail', 'new', 'web', 'off']);
    expect(countByStatus(CHECKS)).toEqual({ failing: 1, degraded: 1, noData: 1, passing: 1, inactive: 1 });
  });

  test('finds by status, tag, location, name and target, all together', () => {
    expect(names({ tag: 'prod' })).toEqual(['api', 'web']);
    expect(names({ tag: 'prod', status: 'passing' })).toEqual(['web']);
    expect(names({ status: 'degraded' })).toEqual(['mail']);
    expect(names({ search: 'WE' })).toEqual(['web']);
    expect(names({ search: ':6379' })).toHaveLength(5);
    expect(names({ location: 'dc-1' })).toEqual(['mail']);
    expect(names({ location: 'nowhere' })).toEqual([]);
  });

  test('orders equals as people count', () => {
    const two = ['check 10', 'check 9', 'Check 1'].map((name) => check(name));
    expect(chosenChecks(two, { search: null, tag: null, status: null, location: null }).map(({ name }) => name)).toEqual(['Check 1', 'check 9', 'check 10']);
    expect(distinct(CHECKS, ({ tags }) => tags)).toEqual(['prod']);
  });
});
