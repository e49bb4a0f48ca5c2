/**
 * `npm run screenshots`: pictures for the README, of a real installation: Postgres, coordinator, agents, services that
 * are fast, slow, flapping and gone, with a week behind them. Into this folder; `--out <dir>` elsewhere.
 */
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import builtDashboard from '../e2e/browser/built-dashboard.ts';
import { Dashboard, PHONE } from '../e2e/browser/dashboard.ts';
import { aCheckBody } from '../e2e/testing/api.ts';
import { eventually } from '../e2e/testing/eventually.ts';
import { seedPast, type Past } from './seed-past.ts';
import { startTargets, type Targets } from './targets.ts';

/** They are looked at over a network. */
const BYTES_MAX = 150_000;
const DAYS = 7;
const LOCATIONS = ['frankfurt', 'virginia', 'singapore'];
const VIEW = { width: 1280, height: 860 };
const SETTLED_WITHIN_MS = 90_000;

const { values: { out } } = parseArgs({ options: { out: { type: 'string', default: import.meta.dirname } } });
builtDashboard();
mkdirSync(out, { recursive: true });
const targets = await startTargets();
const dashboard = await Dashboard.open({ locations: LOCATIONS });
try {
  const ids = await makeChecks(dashboard, targets);
  await takeAll(dashboard, ids);
} finally {
  await dashboard.end();
  await targets.close();
}

type Ids = Readonly<Record<'shown' | 'failing', string>>;

async function makeChecks({ fleet }: Dashboard, { ports }: Targets): Promise<Ids> {
  const make = async (name: string, port: number, tags: readonly string[], past: Omit<Past, 'checkId'> | null, changes: object = {}): Promise<Past & { name: string }> => {
    const { id } = await fleet.api.must<{ id: string }>('POST', '/v1/checks/tcp', aCheckBody(port, { name, tags, runParallel: true, locations: LOCATIONS, ...changes }));
    return { name, checkId: id, ...past ?? { typicalUs: 1, failedHour: null, slowHour: null } };
  };
  const steady = { failedHour: null, slowHour: null };
  const mail = { hostname: '127.0.0.1', port: ports.smtp, data: 'EHLO sonde\\r\\n', dataFormat: 'escaped', sendAfter: 'banner', assertions: [{ source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: '250 HELP' }] };
  const made = [
    await make('Redis sessions', ports.redis, ['shop', 'prod'], { typicalUs: 900, failedHour: null, slowHour: 19 }),
    await make('Redis cache', ports.redis, ['shop', 'prod'], { typicalUs: 700, ...steady }),
    await make('Order queue', ports.redis, ['shop', 'prod'], { typicalUs: 2_400, failedHour: 31, slowHour: 13 }),
    await make('Search index', ports.slow, ['search'], { typicalUs: 210_000, failedHour: null, slowHour: 2 }, { degradedResponseTime: 300 }),
    await make('Payments gateway', ports.flapping, ['shop', 'prod', 'pci'], { typicalUs: 38_000, failedHour: 7, slowHour: 9 }),
    await make('Outgoing mail', ports.smtp, ['mail'], { typicalUs: 4_200, failedHour: null, slowHour: 23 }, { request: mail }),
    await make('Legacy FTP', 1, ['legacy'], { typicalUs: 12_000, failedHour: 3, slowHour: null }),
    await make('Metrics store', ports.redis, ['internal'], { typicalUs: 1_400, ...steady }, { muted: true }),
    await make('Staging database', ports.redis, ['staging'], { typicalUs: 3_100, failedHour: 11, slowHour: 5 }, { activated: false }),
    await make('Telnet stays closed', 2, ['security'], { typicalUs: 300, ...steady }, { shouldFail: true, request: { hostname: '127.0.0.1', port: 2 } }),
  ];
  await seedPast(fleet.pool, fleet.postgres.url, { pasts: made, days: DAYS });
  await eventually('every active check to have a status', async () => {
    const { counts } = await fleet.api.must<{ counts: Record<string, number> }>('GET', '/v1/checks/overview');
    return counts['noData'] === 0;
  }, { withinMs: SETTLED_WITHIN_MS, everyMs: 500 });
  const idOf = (name: string): string => made.find((one) => one.name === name)!.checkId;
  return { shown: idOf('Payments gateway'), failing: idOf('Legacy FTP') };
}

async function takeAll({ fleet }: Dashboard, ids: Ids): Promise<void> {
  const [run] = await fleet.api.must<readonly { id: string }[]>('GET', `/v1/check-results/${ids.failing}?limit=1&hasFailures=true`);
  const pages = [
    { name: 'home', path: '/' }, { name: 'check', path: `/checks/${ids.shown}`, wants: 'canvas' }, { name: 'run', path: `/checks/${ids.failing}/runs/${run?.id ?? ''}` },
    { name: 'form', path: `/checks/${ids.shown}/edit` }, { name: 'agents', path: '/locations' }, { name: 'alerting', path: '/alerts' },
  ];
  const page = await dashboard.owner(VIEW);
  for (const { name, path, wants } of pages) await take(page, { name, path, wants }, ['light', 'dark']);
  await take(await dashboard.owner(PHONE), { name: 'home-phone', path: '/' }, ['light']);
}

/** `wants`: what comes last. */
type Shot = { readonly name: string; readonly path: string; readonly wants?: string | undefined };

async function take(page: Page, { name, path, wants }: Shot, schemes: readonly ('light' | 'dark')[]): Promise<void> {
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).waitFor();
  if (await page.getByText('There is no such page').count() > 0) {
    process.stderr.write(`· ${name}: ${path} is not there\n`);
    return;
  }
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
    if (wants !== undefined) await page.locator(wants).first().waitFor();
    await page.waitForLoadState('networkidle').catch(() => {}); // The stream of events never is.
    const path = join(out, schemes.length === 1 ? `${name}.png` : `${name}-${colorScheme}.png`);
    await page.screenshot({ path, animations: 'disabled' });
    const { size } = statSync(path);
    if (size > BYTES_MAX) {
      rmSync(path);
      throw new Error(`${path} has ${size} bytes, more than ${BYTES_MAX}`);
    }
    process.stderr.write(`· ${path.slice(out.length + 1)}, ${Math.round(size / 1_000)} kB\n`);
  }
}
