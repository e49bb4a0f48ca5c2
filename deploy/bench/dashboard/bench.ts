/**
 * How fast the home page is with many checks: 2,000 checks with 30 days of history, a real coordinator, Postgres and
 * browser. `--checks 2000 --days 30 --rounds 5 --json`. The exit code is 1 if a result was read or a goal was missed.
 */
import { parseArgs } from 'node:util';
import type { Pool } from 'pg';
import type { Browser, Page } from 'playwright-core';
import { openStore } from '#coordinator/store/open-store.ts';
import { say } from '../command-line.ts';
import { launchBrowser } from '../../e2e/browser/launch-browser.ts';
import { aCheckBody } from '../../e2e/testing/api.ts';
import { pause } from '../../e2e/testing/eventually.ts';
import { Fleet } from '../../e2e/testing/fleet.ts';
import { onInterrupt } from '../interrupt.ts';
import { machine, machineLine } from '../machine.ts';
import { percentile, spreadOf, type Spread } from '../statistics.ts';
import { seedHistory } from './seed-history.ts';
import { dashboardTable } from './table.ts';
import { WATCH_HOME } from './watch-home.ts';

export type DashboardReport = {
  readonly bench: 'dashboard';
  readonly machine: ReturnType<typeof machine>;
  readonly checks: number;
  readonly days: number;
  readonly rows: { readonly results: number; readonly hourly: number; readonly daily: number };
  /** From the address typed to the first row painted, ms: with nothing kept, and with the files kept. */
  readonly interactiveMs: { readonly cold: Spread; readonly warm: Spread };
  /** From the click or the last key to the filtered rows painted, ms. */
  readonly filterMs: { readonly status: Spread; readonly search: Spread };
  /** Of `GET /v1/checks/overview` alone, ms. */
  readonly overviewMs: readonly { readonly range: string; readonly p50: number; readonly p99: number }[];
  /** Rows of results and gaps that the pages made Postgres read, and of rollups without an index. */
  readonly read: { readonly history: number; readonly rollupsInSequence: number };
};

const GOALS_MS = { interactive: 1_000, filter: 200 } as const;
const RANGES = ['24h', '7d', '30d', '90d'];
const ASKED_TIMES = 20;
const OWNER = { name: 'Bench', email: 'bench@example.com', password: 'correct horse battery', accountName: 'Bench' };
/** Postgres tells its counters this late at most. */
const COUNTERS_SETTLE_MS = 2_500;

const { values: given } = parseArgs({
  options: { checks: { type: 'string', default: '2000' }, days: { type: 'string', default: '30' }, rounds: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
});
const settings = { checks: number('checks', given.checks, 5_000), days: number('days', given.days, 60), rounds: number('rounds', given.rounds, 50) };
const report = await run();
process.stdout.write(given.json ? `${JSON.stringify(report, null, 2)}\n` : `${machineLine(report.machine)}\n\n${dashboardTable(report)}\n`);
const isFast = report.interactiveMs.cold.median <= GOALS_MS.interactive && Math.max(report.filterMs.status.median, report.filterMs.search.median) <= GOALS_MS.filter;
process.exitCode = report.read.history === 0 && isFast ? 0 : 1;

async function run(): Promise<DashboardReport> {
  const on = machine();
  say('starting Postgres, a coordinator and a browser');
  const fleet = await Fleet.open();
  let browser: Browser | null = null;
  const clearAway = async (): Promise<void> => { await browser?.close(); await fleet.end(); };
  onInterrupt(clearAway);
  try {
    const { setupUrl } = await (await fleet.startCoordinator()).ready();
    browser = await launchBrowser();
    await fleet.addLocation('loc-1');
    await ensureDays(fleet);
    const { id: template } = await fleet.api.must<{ id: string }>('POST', '/v1/checks/tcp', aCheckBody(6379, { activated: false, name: 'template' }));
    say(`seeding ${settings.checks} checks with ${settings.days} days of history`);
    await fleet.pool.query(`update checks set definition = (definition::jsonb || '{"activated": true}')::json where id = $1`, [template]);
    const rows = await seedHistory(fleet.pool, { template, ...settings });
    await fleet.api.must('DELETE', `/v1/checks/${template}`);
    const url = `http://127.0.0.1:${fleet.httpPort}`;
    await setUp(url, setupUrl ?? '');

    say('asking the API');
    const before = await rowsRead(fleet.pool);
    const overviewMs = [];
    for (const range of RANGES) overviewMs.push(await askOften(fleet, range));
    say('opening the home page');
    const cold: number[] = []; const warm: number[] = []; const status: number[] = []; const search: number[] = [];
    for (let round = 0; round <= settings.rounds; round += 1) {
      const page = await signedIn(browser, url);
      const times = { cold: await openHome(page), warm: await openHome(page), ...await filter(page) };
      await page.context().close();
      if (round === 0) continue; // Warms everything up.
      cold.push(times.cold); warm.push(times.warm); status.push(times.status); search.push(times.search);
    }
    const after = await rowsRead(fleet.pool);
    return {
      bench: 'dashboard', machine: on, checks: settings.checks, days: settings.days, rows, overviewMs,
      interactiveMs: { cold: spreadOf(cold), warm: spreadOf(warm) }, filterMs: { status: spreadOf(status), search: spreadOf(search) },
      read: { history: after.history - before.history, rollupsInSequence: after.rollupsInSequence - before.rollupsInSequence },
    };
  } finally {
    await clearAway();
  }
}

async function ensureDays(fleet: Fleet): Promise<void> {
  const store = await openStore({ databaseUrl: fleet.postgres.url, applicationName: 'bench', log: { info() {}, warn() {} } });
  try {
    await store.ensurePartitions(Date.now() - (settings.days + 1) * 86_400_000, Date.now());
  } finally {
    await store.close();
  }
}

async function setUp(url: string, setupUrl: string): Promise<void> {
  const answer = await fetch(`${url}/v1/setup`, {
    method: 'POST', headers: { 'content-type': 'application/json', origin: url }, body: JSON.stringify({ ...OWNER, token: setupUrl.split('#token=')[1] }),
  });
  if (!answer.ok) throw new Error(`setup answered ${answer.status}: ${await answer.text()}`);
}

async function askOften(fleet: Fleet, range: string): Promise<DashboardReport['overviewMs'][number]> {
  const times: number[] = [];
  for (let n = 0; n <= ASKED_TIMES; n += 1) {
    const startedAt = performance.now();
    await fleet.api.must('GET', `/v1/checks/overview?range=${range}`);
    if (n > 0) times.push(performance.now() - startedAt);
  }
  const sorted = times.toSorted((a, b) => a - b);
  return { range, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
}

async function signedIn(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1280, height: 860 } });
  await context.addInitScript(WATCH_HOME);
  const page = await context.newPage();
  const answer = await page.request.post('/v1/session', { data: { email: OWNER.email, password: OWNER.password }, headers: { origin: url } });
  if (!answer.ok()) throw new Error(`signing in answered ${answer.status()}`);
  return page;
}

async function openHome(page: Page): Promise<number> {
  await page.goto('/');
  return await page.evaluate('window.sondeHome.painted') as number;
}

async function filter(page: Page): Promise<{ readonly status: number; readonly search: number }> {
  await page.evaluate('window.sondeHome.expectChange()');
  await page.getByRole('button', { name: /^Failing/ }).click();
  const status = await page.evaluate('window.sondeHome.changed') as number;
  await page.getByRole('button', { name: /^Failing/ }).click();
  await page.getByText(`${settings.checks} checks`, { exact: true }).waitFor();
  await page.evaluate('window.sondeHome.expectChange()');
  await page.getByLabel('Search name or target').pressSequentially('199', { delay: 20 });
  return { status, search: await page.evaluate('window.sondeHome.changed') as number };
}

/** As Postgres counts: rows fetched from tables of history, and rows of rollups read without an index. */
async function rowsRead(pool: Pool): Promise<DashboardReport['read']> {
  await pause(COUNTERS_SETTLE_MS);
  const { rows: [counted] } = await pool.query<{ history: string; rollups: string }>(`
    select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) filter (where relname ~ '^(results|gaps)'), 0) as history,
      coalesce(sum(seq_tup_read) filter (where relname ~ '^rollups_(hourly|daily|check_daily)'), 0) as rollups from pg_stat_user_tables`);
  return { history: Number(counted?.history), rollupsInSequence: Number(counted?.rollups) };
}

function number(name: string, text: string, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > max) throw new Error(`--${name} is '${text}'; give a whole number from 1 to ${max}`);
  return value;
}
