/**
 * Do the panels draw? A real stack (Postgres, coordinator, two agents, checks), scraped by a real Prometheus, must
 * answer every panel's query with something: `npm run grafana:check`. Needs `prometheus` on the PATH.
 */
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aCheckBody } from '../e2e/testing/api.ts';
import { eventually } from '../e2e/testing/eventually.ts';
import { Fleet } from '../e2e/testing/fleet.ts';
import { startLoggedTarget } from '../e2e/testing/logged-target.ts';
import { freePort } from '../local/ports.ts';
import { panelQueries, readDashboards, type PanelQuery } from './panels.ts';

const SCRAPE_SECONDS = 2;
/** Checks run every 10 s: a window in which each ran, and what may take that long to be there. */
const WINDOW = '30s';
const WITHIN_MS = 90_000;

if (spawnSync('prometheus', ['--version']).status !== 0) {
  console.error('there is no prometheus on the PATH: install it (Debian: apt install prometheus), then run this again');
  process.exit(1);
}
process.exitCode = await checkPanels() ? 0 : 1;

async function checkPanels(): Promise<boolean> {
  const fleet = await Fleet.open();
  try {
    const ready = [await (await fleet.startCoordinator()).ready(), ...await Promise.all((await fleet.startLocations(['loc-1', 'loc-2'])).map((agent) => agent.ready()))];
    const target = await startLoggedTarget();
    fleet.onEnd(() => target.close());
    for (let index = 0; index < 3; index += 1) await fleet.api.must('POST', '/v1/checks/tcp', aCheckBody(target.port, { name: `check ${index}`, runParallel: true, locations: ['loc-1', 'loc-2'] }));
    const url = await startPrometheus(fleet, ready.map(({ httpUrl }) => new URL(httpUrl).host));
    const waiting = new Map(panelQueries(readDashboards(), WINDOW).map((query) => [`${query.dashboard} ${query.panel} ${query.expr}`, query]));
    const all = waiting.size;
    await eventually('every panel to draw', async () => {
      for (const [key, query] of waiting) if (await draws(url, query)) waiting.delete(key);
      return waiting.size === 0;
    }, { withinMs: WITHIN_MS, everyMs: 2_000 }).catch(() => undefined);
    for (const { dashboard, panel, expr } of waiting.values()) console.error(`draws nothing: ${dashboard} / ${panel}: ${expr}`);
    console.log(`${all - waiting.size} of ${all} queries of panels draw`);
    return waiting.size === 0;
  } finally {
    await fleet.end();
  }
}

async function startPrometheus(fleet: Fleet, targets: readonly string[]): Promise<string> {
  const config = join(fleet.dir, 'prometheus.yml');
  writeFileSync(config, JSON.stringify({ global: { scrape_interval: `${SCRAPE_SECONDS}s` }, scrape_configs: [{ job_name: 'sonde', static_configs: [{ targets }] }] }));
  const port = await freePort('127.0.0.1');
  const child = spawn('prometheus', [`--config.file=${config}`, `--storage.tsdb.path=${join(fleet.dir, 'prometheus')}`, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => { child.once('exit', () => resolve()); child.once('error', () => resolve()); });
  fleet.onEnd(async () => { child.kill(); await ended; });
  const url = `http://127.0.0.1:${port}`;
  await eventually('Prometheus to be ready', () => fetch(`${url}/-/ready`).then(({ ok }) => ok, () => false));
  return url;
}

/** With a value that is a number, which an average of nothing is not. */
async function draws(url: string, { expr }: PanelQuery): Promise<boolean> {
  const answer = await (await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expr)}`)).json() as { status: string; error?: string; data?: { result: readonly { value: [number, string] }[] } };
  if (answer.status !== 'success') throw new Error(`${expr}: ${answer.error}`);
  return answer.data!.result.some(({ value: [, text] }) => Number.isFinite(Number(text)));
}
