import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { coordinatorMetrics, type CoordinatorVitals } from './metrics.ts';
import { keptFacts, type OperatorFacts } from './operator-facts.ts';

const VITALS: CoordinatorVitals = {
  sessions: 2, locations: 3, configRevision: 4, ingest: { inserted: 5, duplicates: 6, commits: 7, failures: 0 }, ingestWaitingRows: 0, gapsClosed: 1, loopDelayP99Seconds: 0.01,
  deliveries: { delivered: 1, again: 2, dead: 3, gone: 4 }, judge: { checks: 1, notices: 2, failedTurns: 0 }, judgedLastMs: 1_000,
};
const FACTS: OperatorFacts = {
  agentsAlive: 2, agentsByLocation: new Map([['eu-1', 2], ['us-1', 0]]), agentsUnapproved: 0, checks: 9, judgeMarks: 0, rollupMarks: 1, rollupAgeSeconds: 2, deliveriesPending: 0, deliveryAgeSeconds: 0,
  closedThroughSeconds: 5, databaseBytes: 6, connections: 7, partitions: new Map([['results', 4]]), partitionsAheadSeconds: 8,
};
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

/** By series. */
async function scraped(registry: ReturnType<typeof coordinatorMetrics>): Promise<ReadonlyMap<string, number>> {
  return new Map((await registry.metrics()).split('\n').filter((line) => line.startsWith('sonde_')).map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]));
}

describe("the coordinator's metrics", () => {
  it('are what it and Postgres say; without Postgres, its own', async () => {
    let facts: OperatorFacts | null = FACTS;
    const registry = coordinatorMetrics('1', () => VITALS, async () => facts);
    const before = await scraped(registry);
    expect([before.get('sonde_location_agents{location="eu-1"}'), before.get('sonde_location_agents{location="us-1"}'), before.get('sonde_database_up'), before.get('sonde_notices_dead_total')]).toEqual([2, 0, 1, 7]);
    facts = null;
    const without = await scraped(registry);
    expect([without.get('sonde_database_up'), without.has('sonde_checks'), without.has('sonde_location_agents{location="eu-1"}'), without.get('sonde_sessions')]).toEqual([0, false, false, 2]);
  });

  it('never go back where they count, scrape after scrape', async () => {
    let vitals = VITALS;
    const registry = coordinatorMetrics('1', () => vitals, async () => FACTS);
    const first = await scraped(registry);
    vitals = { ...VITALS, ingest: { ...VITALS.ingest, inserted: 50 } };
    const second = await scraped(registry);
    expect(second.get('sonde_ingest_rows_inserted_total')).toBe(50);
    for (const [name, value] of first) if (name.endsWith('_total')) expect([name, second.get(name)! >= value]).toEqual([name, true]);
  });

  it('ask Postgres once for all of a scrape, not again within seconds, and do not wait for it for long', async () => {
    const clock = new FakeClock();
    let asked = 0;
    const read = keptFacts(() => { asked += 1; return asked === 1 ? Promise.resolve(FACTS) : new Promise(() => {}); }, clock);
    await Promise.all([read(), read()]);
    expect([asked, await read()]).toEqual([1, FACTS]);
    await clock.advance(10_000);
    const late = read();
    await clock.advance(3_000);
    expect([asked, await late]).toEqual([2, null]);
  });

  it.skipIf(!hasPromtool)('are what promtool accepts (left out where there is none)', async () => {
    const said = spawnSync('promtool', ['check', 'metrics'], { input: await coordinatorMetrics('1', () => VITALS, async () => FACTS).metrics(), encoding: 'utf8' });
    expect([said.status, said.stderr]).toEqual([0, '']);
  });
});
