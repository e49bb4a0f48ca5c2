import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { packTimes } from '../analytics/gathered-times.ts';
import { MEASURED } from '../analytics/packed-times.ts';
import { phaseNumber, type Phase } from '../analytics/phases.ts';
import { accountMetrics, type AccountFacts, type MeteredCheck } from './account-metrics.ts';

function packed(phase: Phase, ...timesUs: number[]): Buffer {
  const times = new Int32Array(timesUs.length * MEASURED);
  for (const [run, us] of timesUs.entries()) times[run * MEASURED + phaseNumber(phase)] = us;
  const { total, phases } = packTimes(times, timesUs.length);
  return Buffer.concat([total!, phases!]);
}

const check: MeteredCheck = { checkId: 'c-1', name: 'redis "eu"', tags: ['team:infra', 'name:other', '9lives:yes', 'plain'], groupName: null, muted: false, activated: true, status: 'degraded' };
const facts: AccountFacts = {
  checks: [check],
  counted: [
    { checkId: 'c-1', locationCode: 'eu-1', passed: 3, degraded: 1, failed: 2, retries: 5, sketches: [packed('total', 900, 4_000, 30_000, 6_000_000), null] },
    { checkId: 'c-1', locationCode: 'us-1', passed: 1, degraded: 0, failed: 0, retries: 0, sketches: [packed('total', 900)] },
    { checkId: 'deleted', locationCode: 'us-1', passed: 9, degraded: 9, failed: 9, retries: 9, sketches: [] },
  ],
  privateLocations: [{ id: 'l-1', slug: 'dc-1', name: 'DC', agents: 2, inFlight: 3, lateness: { avgMs: 1, p90Ms: 2, p99Ms: 3, maxMs: 4_000 } }],
};
const PLAIN = { disableTagParsing: false, locationLabelEnabled: false, includeRetryAttempts: false };
const textOf = (options: typeof PLAIN): string => [...accountMetrics(facts, options)].join('');
const lines = (name: string, changes: Partial<typeof PLAIN> = {}): readonly string[] => textOf({ ...PLAIN, ...changes }).split('\n').filter((line) => line.startsWith(`${name}{`));
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

describe('the metrics of an account', () => {
  it('have the labels of the check and one for each tag key:value that hides none of them', () => {
    expect(lines('checkly_check_status')).toEqual(['passing', 'degraded', 'failing'].map((status) => `checkly_check_status{name="redis \\"eu\\"",check_id="c-1",check_type="tcp",muted="false",activated="true",group="",tags="team:infra,name:other,9lives:yes,plain",team="infra",tag_9lives="yes",status="${status}"} ${status === 'degraded' ? 1 : 0}`));
    expect(lines('checkly_check_status', { disableTagParsing: true })[0]).not.toContain('team="infra"');
  });

  it('count results of all locations, or of each, with retried attempts if that is asked for', () => {
    const values = (changes: Partial<typeof PLAIN>) => lines('checkly_check_result_total', changes).map((line) => `${/location="([^"]*)"/.exec(line)?.[1] ?? ''} ${line.split('status=')[1]}`);
    expect(values({})).toEqual([' "passing"} 4', ' "degraded"} 1', ' "failing"} 2']);
    expect(values({ includeRetryAttempts: true })[2]).toBe(' "failing"} 7');
    expect(values({ locationLabelEnabled: true }).slice(3)).toEqual(['us-1 "passing"} 1', 'us-1 "degraded"} 0', 'us-1 "failing"} 0']);
  });

  it('have histograms that add up, with phases that did not happen as zeros', () => {
    const total = lines('checkly_tcp_monitor_timing_seconds_bucket').filter((line) => line.includes('type="total"')).map((line) => /le="([^"]+)"} (\d+)/.exec(line)!.slice(1).join(' '));
    expect(total).toEqual(['0.001 2', '0.005 3', '0.01 3', '0.025 3', '0.05 4', '0.1 4', '0.25 4', '0.5 4', '1 4', '2.5 4', '5 4', '+Inf 5']);
    expect(lines('checkly_tcp_monitor_timing_seconds_count').map((line) => line.split(' ').at(-1))).toEqual(['5', '5', '5', '5']);
    expect(lines('checkly_tcp_monitor_timing_seconds_bucket').find((line) => line.includes('type="dns"'))).toMatch(/le="0.001"} 5$/);
    expect(lines('checkly_tcp_check_timing_seconds_sum')).toHaveLength(4);
  });

  it('tell of private locations', () => {
    expect(lines('checkly_private_location_agent_count')).toEqual(['checkly_private_location_agent_count{private_location_name="DC",private_location_slug_name="dc-1",private_location_id="l-1"} 2']);
    expect(lines('checkly_private_location_check_runs')[1]).toMatch(/state="inflight"} 3$/);
    expect(lines('checkly_private_location_oldest_scheduled_check_run')[0]).toMatch(/ 4$/);
  });

  it.skipIf(!hasPromtool)('are what promtool accepts, but for names that are not ours to change', () => {
    const said = spawnSync('promtool', ['check', 'metrics'], { input: textOf(PLAIN), encoding: 'utf8' });
    expect(said.stderr.split('\n').filter((line) => line !== '' && !/^checkly_private_location_(queue_duration_ms|agent_count) /.test(line))).toEqual([]);
    expect(() => execFileSync('promtool', ['check', 'metrics'], { input: 'broken{' , stdio: 'pipe' })).toThrow();
  });
});
