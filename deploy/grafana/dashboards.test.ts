import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { panelQueries, readDashboards } from './panels.ts';

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
const dashboards = readDashboards();
const queries = panelQueries(dashboards, '1m');

describe('the dashboards for Grafana', () => {
  it('name only metrics that agents and coordinators have', () => {
    const sources = ['../../agent/metrics.ts', '../../coordinator/metrics.ts'].map((file) => readFileSync(join(import.meta.dirname, file), 'utf8')).join('');
    const named = new Set(queries.flatMap(({ expr }) => [...expr.matchAll(/\bsonde_[a-z0-9_]+/g)].map(([name]) => name)));
    expect(named.size).toBeGreaterThan(25);
    expect([...named].filter((name) => !sources.includes(`'${name.replace(/_(bucket|sum|count)$/, '')}'`))).toEqual([]);
  });

  it('have panels with ids of their own that lie beside each other', () => {
    for (const { file, panels } of dashboards) {
      const placed = panels as unknown as readonly { id: number; gridPos: { x: number; y: number; w: number; h: number } }[];
      expect([file, new Set(placed.map(({ id }) => id)).size]).toEqual([file, placed.length]);
      const cells = placed.flatMap(({ gridPos: { x, y, w, h } }) => Array.from({ length: w * h }, (_, index) => `${x + index % w} ${y + Math.floor(index / w)}`));
      expect([file, new Set(cells).size, Math.max(...placed.map(({ gridPos }) => gridPos.x + gridPos.w))]).toEqual([file, cells.length, 24]);
    }
  });

  it.skipIf(!hasPromtool)('have queries that Prometheus understands (promtool; left out where there is none)', () => {
    const dir = mkdtempSync(join(tmpdir(), 'sonde-panels-'));
    const file = join(dir, 'rules.yml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules: queries.map(({ expr }, index) => ({ record: `panel:${index}`, expr })) }] }));
    const checked = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
    rmSync(dir, { recursive: true });
    expect([checked.status, checked.status === 0 ? '' : checked.stderr]).toEqual([0, '']);
  });
});
