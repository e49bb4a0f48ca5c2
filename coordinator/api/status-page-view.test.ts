import { describe, expect, test } from 'vitest';
import type { CheckFacts, StatusFacts } from './status-page-port.ts';
import { dayState, DAYS_SHOWN, DAY_MS, overallState, statusPageView } from './status-page-view.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const TODAY = Date.UTC(2026, 10, 22);
const aFact = (changes: Partial<CheckFacts> = {}): CheckFacts => ({ checkId: 'a', name: 'redis-eu-internal', tags: ['db'], isActive: true, status: 'passing', days: [], ...changes });
const facts = (changes: Partial<StatusFacts> = {}): StatusFacts => ({ checks: [aFact()], incidents: [], windows: [], ...changes });
const page = (changes: object = {}) => ({
  title: 'Acme', description: null, showsIncidents: true, showsMaintenance: true, sections: [{ name: 'Data', components: [{ checkId: 'a', name: 'Database' }] }], ...changes,
});
const aWindow = (tags: readonly string[], fromMs: number) => ({
  name: 'upgrade', window: { startsAtMs: fromMs, endsAtMs: fromMs + 3_600_000, timeZone: 'UTC', repeat: null, pausing: { kind: 'tags', tags }, silencing: { kind: 'none' } } as const,
});

describe('a status page', () => {
  test('shows ninety days, the last of them today, and the share of runs that were answered', () => {
    const { sections: [section] } = statusPageView(page(), facts({ checks: [aFact({ days: [{ atMs: TODAY, passed: 98, degraded: 1, failed: 1 }, { atMs: TODAY - DAYS_SHOWN * DAY_MS, passed: 0, degraded: 0, failed: 9 }] })] }), NOW);
    const [component] = section!.components;
    expect(component).toMatchObject({ name: 'Database', state: 'operational', uptime: 0.99 });
    expect(component!.days).toHaveLength(90);
    expect(component!.days.at(-1)).toEqual({ date: '2026-11-22', state: 'degraded', availability: 0.99 });
    expect(component!.days[0]).toEqual({ date: '2026-08-25', state: 'none', availability: null });
  });

  test('says nothing of what was not chosen: neither ids, nor names under other names, nor the incidents of other checks', () => {
    const view = statusPageView(page(), facts({
      checks: [aFact(), aFact({ checkId: 'secret', name: 'secret' })],
      incidents: [{ checkId: 'secret', kind: 'failure', openedAtMs: NOW, closedAtMs: null }, { checkId: 'a', kind: 'failure', openedAtMs: NOW, closedAtMs: null }],
    }), NOW);
    expect(JSON.stringify(view)).not.toMatch(/secret|checkId|redis-eu-internal/);
    expect(view.incidents).toEqual([{ component: 'Database', kind: 'failure', openedAtMs: NOW, closedAtMs: null }]);
    expect(statusPageView(page({ showsIncidents: false }), facts({ incidents: [{ checkId: 'a', kind: 'failure', openedAtMs: NOW, closedAtMs: null }] }), NOW).incidents).toEqual([]);
  });

  test('loses what was deleted, and a section with nothing in it', () => {
    expect(statusPageView(page(), facts({ checks: [] }), NOW)).toMatchObject({ sections: [], state: 'unknown' });
  });

  test('announces maintenance of what it shows: under way, or within two weeks', () => {
    const of = (tags: readonly string[], fromMs: number) => statusPageView(page(), facts({ windows: [aWindow(tags, fromMs)] }), NOW);
    expect(of(['db'], NOW - 60_000)).toMatchObject({ state: 'maintenance', maintenance: [{ name: 'upgrade', isUnderWay: true }] });
    expect(of(['db'], NOW + DAY_MS)).toMatchObject({ state: 'operational', maintenance: [{ isUnderWay: false, changesAtMs: NOW + DAY_MS }] });
    expect(of(['db'], NOW + 30 * DAY_MS).maintenance).toEqual([]);
    expect(of(['other'], NOW - 60_000)).toMatchObject({ state: 'operational', maintenance: [] });
  });
});

test.each([
  [[], 'unknown'], [['operational', 'unknown'], 'operational'], [['operational', 'maintenance'], 'maintenance'], [['maintenance', 'degraded'], 'degraded'],
  [['down', 'operational'], 'partialOutage'], [['down', 'down'], 'majorOutage'],
] as const)('of components that are %j the whole is %s', (states, whole) => {
  expect(overallState([...states])).toBe(whole);
});

test.each([[100, 0, 0, 'up'], [99, 1, 0, 'degraded'], [99, 0, 1, 'degraded'], [95, 0, 5, 'down'], [0, 0, 0, 'none']] as const)('a day of %i passed, %i degraded and %i failed runs was %s', (passed, degraded, failed, state) => {
  expect(dayState({ atMs: 0, passed, degraded, failed })).toBe(state);
});
