import { expect, test } from 'vitest';
import type { Measured } from './measure.ts';
import { scenarios, type Scenario } from './scenarios.ts';
import { summarize } from './summary.ts';
import { probeTable } from './table.ts';

const [closed, open] = [scenarios(true)[1]!, scenarios(true)[4]!] as [Scenario, Scenario];
const aMeasured = (changes: Partial<Measured> = {}): Measured => ({
  checksPerSecond: 1_000, cpuUsPerCheck: 100, residentMb: 80, targetCores: 0.2, failed: 0, gaps: 0,
  errors: { connect: [10], firstByte: [20], total: [30], lateness: [1_000], unmatched: 0 }, ...changes,
});

test('ratios are taken round by round, so that noise which hits both is not noise in the ratio', () => {
  const rounds = [100, 200, 400].map((us) => ({ sonde: aMeasured({ cpuUsPerCheck: us }), blackbox: aMeasured({ cpuUsPerCheck: 4 * us }) }));
  expect(summarize(closed, rounds).ratios).toMatchObject([{ of: 'sonde', cpu: { blackbox: { median: 0.25, min: 0.25, max: 0.25 } } }]);
});

test.each([
  ['held', aMeasured(), true],
  ['not held when too few are answered', aMeasured({ checksPerSecond: 900 }), false],
  ['not held when they are only queued', aMeasured({ errors: { connect: [], firstByte: [], total: [], lateness: [800_000], unmatched: 0 } }), false],
] as const)('a rate of 1,000 a second is %s', (_, measured, isHeld) => {
  expect(summarize(open, [{ sonde: measured }]).rows[0]!.holdsRate).toBe(isHeld);
});

test('a closed loop has no rate to hold', () => {
  expect(summarize(closed, [{ sonde: aMeasured({ checksPerSecond: 1 }) }]).rows[0]!.holdsRate).toBeNull();
});

test('the table says which prober was not run and which rate was not held, and shows no figure that was not measured', () => {
  const silent = aMeasured({ checksPerSecond: 500, errors: { connect: [], firstByte: [], total: [300], lateness: [2_000], unmatched: 0 } });
  const table = probeTable([summarize(open, [{ sonde: aMeasured(), blackbox: silent }])], { c: 'needs a C compiler' });
  expect(table).toContain('C epoll: not run (needs a C compiler).');
  expect(table).toMatch(/\| blackbox_exporter \| 100 \(100–100\) \| 500 \(500–500\), \*\*not held\*\* \| – \| – \| 0\.30 \/ 0\.30 \|/);
});

test('every prober is asked for the same checks in whole intervals', () => {
  for (const { offered, window, measureMs } of scenarios(false)) {
    if (window.kind !== 'open') continue;
    expect(window.phasesMs).toHaveLength(offered!);
    expect(window.phasesMs.every((phase) => phase >= 0 && phase < window.intervalMs)).toBe(true);
    expect(measureMs % window.intervalMs).toBe(0);
  }
});
