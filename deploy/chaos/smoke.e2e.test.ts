/** The chaos lab in a minute and a half: kills at random moments and a silent partition, and every slot accounted for. */
import { expect, test } from 'vitest';
import { brokenRules } from './campaign-report.ts';
import { runCampaign } from './campaign.ts';
import { mutePartition } from './faults/lines.ts';
import { killAgent, killCoordinator, killPostgres } from './faults/processes.ts';
import { violationsIn } from './reconcile.ts';

test('agents, a coordinator and Postgres are killed, a line goes mute: nothing is lost, nothing twice, every slot accounted for', async () => {
  const said: string[] = [];
  const report = await runCampaign({
    seed: 20_261_122, withinMs: null, lab: { locations: 2, agentsEach: 2, coordinators: 2, checks: 16 },
    inTurn: [{ fault: mutePartition, times: 1, restMs: 1_000 }],
    atOnce: [{ fault: killAgent, times: 3, restMs: 2_000 }, { fault: killCoordinator, times: 1, restMs: 2_000 }, { fault: killPostgres, times: 1, restMs: 2_000 }],
  }, (what) => said.push(what));
  expect(report.faults.map(({ fired, failures }) => ({ hasFired: fired > 0, failures })), said.join('\n')).toEqual(report.faults.map(() => ({ hasFired: true, failures: [] })));
  expect(report.reconciliation.violations).toEqual({ unaccounted: [], twice: [], unowed: [], lost: [], unreal: [], falselyDown: [] });
  expect(violationsIn(report.reconciliation)).toBe(0);
  expect(report.reconciliation.results).toBeGreaterThan(20);
  expect(report.reconciliation.acknowledged).toBeGreaterThan(20);
  expect(report.backlog).toBe(0);
  expect(report.alerts).toMatchObject({ false: [], realOutage: { failure: 1, recovery: 1 } });
  expect(Object.entries(brokenRules(report)).filter(([, count]) => count > 0)).toEqual([]);
}, 240_000);
