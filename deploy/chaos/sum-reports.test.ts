import { expect, test } from 'vitest';
import { brokenRules, isWell, type CampaignReport } from './campaign-report.ts';
import { summaryLines } from './report-lines.ts';
import { sumReports } from './sum-reports.ts';

function aReport(changes: Partial<CampaignReport> = {}): CampaignReport {
  const report: Omit<CampaignReport, 'isWell'> = {
    seed: 1, seconds: 100, refusals: 0, backlog: 0, drainedMs: 20,
    faults: [{ id: 'F1', name: 'kill', fired: 70, proofs: [], notRun: null, failures: [] }],
    reconciliation: {
      due: 100, results: 90, gaps: { agent_lost: 10 }, surplus: 0, acknowledged: 80, executionsWithoutResult: 1, begunEarly: { results: 2, worstMs: 150 },
      violations: { unaccounted: [], twice: [], unowed: [], lost: [], unreal: [], falselyDown: [] },
    },
    alerts: { false: [], repeatedDeliveries: 0, realOutage: { failure: 1, recovery: 1 }, others: {} },
    judgedOtherwise: [], auditedOtherwise: [], uses: [], outOfBounds: [], isolation: { bystanders: { runs: 10, p99Ms: 5 }, troubled: { runs: 10, p99Ms: 9 }, violations: [] },
    ...changes,
  };
  return { ...report, isWell: isWell(report) };
}

test('campaigns add up: what fired, what was wrong, and which fault no campaign made', () => {
  const neverMade = { id: 'F11', name: 'full disk', fired: 0, proofs: [], notRun: 'no root', failures: [] };
  const sum = sumReports([
    aReport({ faults: [...aReport().faults, neverMade, { ...neverMade, id: 'F5', name: 'mute' }] }),
    aReport({ seed: 2, faults: [{ ...aReport().faults[0]!, fired: 131 }, { ...neverMade, id: 'F5', name: 'mute', fired: 1, notRun: null }] }),
  ]);
  expect(sum).toMatchObject({ seeds: [1, 2], seconds: 200, due: 200, gaps: { agent_lost: 20 }, acknowledged: 160, begunEarly: { results: 4, worstMs: 150 }, realOutages: { campaigns: 2, toldOnce: 2 }, isWell: true });
  expect(sum.faults.map(({ id, fired, notRun }) => [id, fired, notRun])).toEqual([['F1', 201, null], ['F5', 1, null], ['F11', 0, 'no root']]);
  expect(Object.values(sum.broken).every((count) => count === 0)).toBe(true);
  expect(summaryLines(sum).some((line) => line.startsWith('F29') && line.includes('restore'))).toBe(true);
});

test.each<[string, Partial<CampaignReport>, string]>([
  ['a lost result', { reconciliation: { ...aReport().reconciliation, violations: { ...aReport().reconciliation.violations, lost: ['x'] } } }, 'I2 acknowledged results lost'],
  ['an outage told twice', { alerts: { ...aReport().alerts, realOutage: { failure: 2, recovery: 1 } } }, 'I4, I5 a real outage not told exactly once'],
  ['an alert about nothing', { alerts: { ...aReport().alerts, false: ['failure: check 3'] } }, 'I6 alerts about a target that was up'],
  ['an audit that comes to something else', { auditedOtherwise: ['x'] }, 'I1 audited otherwise by the product'],
  ['a check that stands otherwise', { judgedOtherwise: ['x'] }, 'I7 judged otherwise than by history'],
  ['a process out of bounds', { outOfBounds: ['agent: 900 MB'] }, 'I8 out of bounds'],
  ['a backlog that nobody knows', { backlog: -1 }, 'I9 results still undelivered'],
  ['late bystanders', { isolation: { ...aReport().isolation, violations: ['x'] } }, 'I10 bystanders late'],
  ['a fault that never fired', { faults: [{ ...aReport().faults[0]!, fired: 0 }] }, 'faults that never fired'],
])('%s is enough for a campaign, and the sum, not to be well', (_what, changes, rule) => {
  const report = aReport(changes);
  expect(report.isWell).toBe(false);
  expect(brokenRules(report)[rule]).toBeGreaterThan(0);
  expect(sumReports([aReport(), report])).toMatchObject({ isWell: false, broken: { [rule]: 1 } });
});
