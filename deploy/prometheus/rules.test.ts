import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const HERE = import.meta.dirname;
const RULES = ['sonde-recording.yml', 'sonde-alerts.yml'];
/** Debian's package `prometheus` brings it; who has it not is told that these tests were left out. */
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
const promtool = (...args: string[]) => spawnSync('promtool', args, { cwd: HERE, encoding: 'utf8' });

describe('the rules for Prometheus', () => {
  it('name only metrics that agents and coordinators have', () => {
    const sources = ['../../agent/metrics.ts', '../../coordinator/metrics.ts'].map((file) => readFileSync(join(HERE, file), 'utf8')).join('');
    const named = RULES.flatMap((file) => [...readFileSync(join(HERE, file), 'utf8').matchAll(/(?<!:)\bsonde_[a-z0-9_]+(?!:)\b/g)].map(([name]) => name));
    expect(named.length).toBeGreaterThan(15);
    expect([...new Set(named)].filter((name) => !sources.includes(`'${name.replace(/_bucket$/, '')}'`))).toEqual([]);
  });

  it.skipIf(!hasPromtool)('are well-formed, and alert as their tests say (promtool; left out where there is none)', () => {
    const checked = promtool('check', 'rules', ...RULES);
    expect([checked.status, checked.stderr]).toEqual([0, expect.any(String)]);
    const tested = promtool('test', 'rules', 'sonde.test.yml');
    expect([tested.status, tested.status === 0 ? '' : tested.stdout + tested.stderr]).toEqual([0, '']);
  });
});
