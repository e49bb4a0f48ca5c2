/** Every page there is, with something on it: for tests that walk them all. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { SITE_DIR } from '#coordinator/dashboard/dashboard-files.ts';
import { aCheckBody } from '../testing/api.ts';
import { eventually } from '../testing/eventually.ts';
import type { Dashboard, DESKTOP } from './dashboard.ts';

export type APage = {
  /** Of its source, under `src/pages/`; several addresses may share it. */
  readonly source: string;
  readonly path: string;
  /** Its h1, once its data is there. */
  readonly heading: string | RegExp;
  /** Looked at signed out. */
  readonly isOutside?: boolean;
};

/** What a fleet with one of each shows. `port` answers, nobody listens on port 1. */
export async function pagesOf({ fleet }: Dashboard, port: number): Promise<readonly APage[]> {
  const { api } = fleet;
  const make = async (path: string, body: object): Promise<string> => String((await api.must<{ id: string | number }>('POST', path, body)).id);
  const group = await make('/v2/check-groups', { name: 'shop' });
  const up = await make('/v1/checks/tcp', aCheckBody(port, { name: 'redis of the shop', tags: ['shop', 'eu'], groupId: Number(group) }));
  const down = await make('/v1/checks/tcp', aCheckBody(1, { name: 'nobody listens' }));
  const channel = await make('/v1/alert-channels', { type: 'WEBHOOK', config: { name: 'on call', url: 'https://example.com/hook' }, subscriptions: [{ checkId: down, activated: true }] });
  await make('/v1/maintenance-windows', { name: 'database upgrade', startsAt: '2031-01-01T10:00:00Z', endsAt: '2031-01-01T11:00:00Z' });
  const statusPage = await make('/v1/status-pages', { title: 'Acme status', slug: 'acme', on: true, sections: [{ name: 'Data', components: [{ checkId: up, name: 'Database' }] }] });
  await api.must('POST', '/v1/variables', { key: 'REDIS_PASSWORD', value: 'hunter2 hunter2', secret: true });
  const location = await make('/v1/private-locations', { name: 'Berlin office', slugName: 'berlin-office' });
  await api.must('POST', '/v1/invitations', { email: 'invited@example.com', role: 'viewer' });
  await make('/v1/api-keys', { name: 'ci', scopes: ['checks:read'] });
  const [{ id: place } = { id: '' }] = await api.must<readonly { id: string }[]>('GET', '/v1/locations');
  const run = await eventually('a failed run, and an alert of it', async () => {
    const [result] = await api.must<readonly { id: string }[]>('GET', `/v1/check-results/${down}?limit=1&hasFailures=true`);
    const alerts = await api.must<readonly unknown[]>('GET', '/v1/alerts');
    return alerts.length > 0 && result?.id;
  });
  return [
    { source: 'home/home-page.tsx', path: '/', heading: 'Checks' },
    { source: 'checks/new-check-page.tsx', path: '/checks/new/tcp', heading: 'New TCP check' },
    { source: 'checks/check/check-page.tsx', path: `/checks/${down}`, heading: 'nobody listens' },
    { source: 'checks/check/check-page.tsx', path: `/checks/${up}`, heading: 'redis of the shop' },
    { source: 'checks/edit-check-page.tsx', path: `/checks/${up}/edit`, heading: 'Edit redis of the shop' },
    { source: 'checks/run/run-page.tsx', path: `/checks/${down}/runs/${run}`, heading: /^Run of/ },
    { source: 'groups/groups-page.tsx', path: '/groups', heading: 'Groups' },
    { source: 'groups/group-form-page.tsx', path: '/groups/new', heading: /group/i },
    { source: 'groups/group-form-page.tsx', path: `/groups/${group}`, heading: 'shop' },
    { source: 'variables/variables-page.tsx', path: '/variables', heading: 'Variables' },
    { source: 'maintenance/maintenance-page.tsx', path: '/maintenance', heading: /Maintenance/ },
    { source: 'alerting/alerts-page.tsx', path: '/alerts', heading: 'Alerts' },
    { source: 'alerting/channels-page.tsx', path: '/alert-channels', heading: /channels/i },
    { source: 'alerting/channel-form-page.tsx', path: '/alert-channels/new', heading: /channel/i },
    { source: 'alerting/channel-form-page.tsx', path: `/alert-channels/${channel}`, heading: 'on call' },
    { source: 'alerting/delivery-log-page.tsx', path: '/deliveries', heading: 'Delivery log' },
    { source: 'alerting/alert-settings-page.tsx', path: '/alert-settings', heading: 'Alert settings' },
    { source: 'status/status-pages-page.tsx', path: '/status-pages', heading: 'Status pages' },
    { source: 'status/status-page-form-page.tsx', path: '/status-pages/new', heading: /status page/i },
    { source: 'status/status-page-form-page.tsx', path: `/status-pages/${statusPage}`, heading: 'Acme status' },
    { source: 'status/public-status-page.tsx', path: '/status/acme', heading: /Acme status/, isOutside: true },
    { source: 'locations/locations-page.tsx', path: '/locations', heading: 'Locations' },
    { source: 'locations/new-location-page.tsx', path: '/locations/new', heading: /private location/i },
    { source: 'locations/location-page.tsx', path: `/locations/${location}`, heading: 'Berlin office' },
    { source: 'locations/location-page.tsx', path: `/locations/${place}`, heading: /./ },
    { source: 'usage/usage-page.tsx', path: '/usage', heading: 'Usage' },
    { source: 'settings/users-page.tsx', path: '/users', heading: 'Users' },
    { source: 'settings/api-keys-page.tsx', path: '/api-keys', heading: 'API keys' },
    { source: 'settings/audit-log-page.tsx', path: '/audit-log', heading: 'Audit log' },
    { source: 'settings/profile-page.tsx', path: '/profile', heading: 'Password and sessions' },
    { source: 'sign-in/sign-in-page.tsx', path: '/sign-in', heading: 'Sign in', isOutside: true },
    { source: 'sign-in/sign-in-page.tsx', path: '/sign-in?problem=not_invited', heading: 'Sign in', isOutside: true },
    { source: 'sign-in/setup-page.tsx', path: '/setup', heading: 'Already set up', isOutside: true },
    { source: 'sign-in/invitation-page.tsx', path: '/invitation#token=nonsense', heading: 'This invitation does not work', isOutside: true },
    { source: '', path: '/checks/00000000-0000-4000-8000-000000000000', heading: 'There is no such page' },
    { source: '', path: '/nowhere', heading: 'There is no such page' },
  ];
}

/** Sources of pages that no address of the list leads to. */
export function pagesLeftOut(pages: readonly APage[]): readonly string[] {
  const manifest = JSON.parse(readFileSync(join(SITE_DIR, 'manifest.json'), 'utf8')) as Readonly<Record<string, { readonly isDynamicEntry?: boolean }>>;
  const built = Object.keys(manifest).filter((name) => manifest[name]?.isDynamicEntry && name.endsWith('-page.tsx')).map((name) => name.replace(/^src\/pages\//, ''));
  return built.filter((name) => !pages.some(({ source }) => source === name));
}

async function open(page: Page, { path, heading }: APage): Promise<void> {
  await page.goto(path);
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
  await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' });
}

/** Goes to each page, signed in or out as it is looked at; what is found there, with the page's path. */
export async function walk(dashboard: Dashboard, pages: readonly APage[], viewport: typeof DESKTOP, look: (page: Page, one: APage, index: number) => Promise<readonly unknown[]>): Promise<readonly unknown[]> {
  const [inside, outside] = [await dashboard.owner(viewport), await dashboard.visitor(viewport)];
  const found: unknown[] = [];
  for (const [index, one] of pages.entries()) {
    const page = one.isOutside ? outside : inside;
    await open(page, one);
    found.push(...(await look(page, one, index)).map((what) => ({ path: one.path, what })));
  }
  return found;
}
