/** A failed run is tried again in another location by real agents, and its attempts are one run (product.md 5). */
import { afterAll, beforeAll, beforeEach, expect, onTestFailed, test } from 'vitest';
import { freePort } from '../local/ports.ts';
import { aCheckBody } from './testing/api.ts';
import { eventually } from './testing/eventually.ts';
import { Fleet } from './testing/fleet.ts';

const LOCATIONS = ['loc-1', 'loc-2'];
type Attempt = { readonly sequenceId: string; readonly resultType: string; readonly attempts: number; readonly runLocation: string; readonly hasFailures: boolean };

let fleet: Fleet;

beforeAll(async () => {
  fleet = await Fleet.open();
  try {
    await fleet.startCoordinator();
    await fleet.startLocations(LOCATIONS);
  } catch (error) {
    console.error(fleet.logs());
    throw error;
  }
});
beforeEach(() => { onTestFailed(() => { console.error(fleet.logs()); }); });
afterAll(() => fleet?.end());

test('each attempt is kept where it was made, the last one ends the run, and the alert waits for it', async () => {
  const retryStrategy = { type: 'SINGLE_RETRY', baseBackoffSeconds: 1, sameRegion: false };
  const { id } = await fleet.api.must<{ id: string }>('POST', '/v1/checks/tcp', aCheckBody(await freePort('127.0.0.1'), { locations: LOCATIONS, maxResponseTime: 2_000, retryStrategy }));
  const run = await eventually('a run of two attempts', async () => {
    const { entries } = await fleet.api.must<{ entries: readonly Attempt[] }>('GET', `/v2/check-results/${id}?resultType=ALL&limit=50`);
    return [...Map.groupBy(entries, ({ sequenceId }) => sequenceId).values()].find((attempts) => attempts.length > 1);
  }, { withinMs: 40_000, everyMs: 250 });
  expect(new Set(run.map(({ runLocation }) => runLocation))).toEqual(new Set(LOCATIONS));
  expect(run.map(({ resultType, attempts }) => [resultType, attempts]).sort()).toEqual([['ATTEMPT', 1], ['FINAL', 2]]);
  const [alert] = await eventually('the alert', async () => {
    const alerts = await fleet.api.must<readonly { lastNotice: { text: string } }[]>('GET', `/v1/alerts?isOpen=true&checkId=${id}`);
    return alerts.length > 0 && alerts;
  });
  expect(alert!.lastNotice.text).toContain('Tried 2 times.');
}, 90_000);
