import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCheckBody } from '../testing/api.ts';
import { startLoggedTarget, type LoggedTarget } from '../testing/logged-target.ts';
import { Dashboard } from './dashboard.ts';
import { expectAccessible } from './expect-accessible.ts';

let dashboard: Dashboard;
let target: LoggedTarget;
beforeAll(async () => {
  [dashboard, target] = await Promise.all([Dashboard.open(), startLoggedTarget()]);
  const { api } = dashboard.fleet;
  await api.must('POST', '/v1/checks/tcp', { ...aCheckBody(target.port, { name: 'redis of the shop', tags: ['shop', 'eu'] }) });
  await api.must('POST', '/v1/checks/tcp', { ...aCheckBody(1, { name: 'nobody listens' }) });
  await api.must('POST', '/v1/checks/tcp', { ...aCheckBody(target.port, { name: '<script>alert(1)</script>', activated: false }) });
});
afterAll(async () => {
  await dashboard?.end();
  await target?.close();
});

describe('home', () => {
  it('shows results as they come, the failing ones first, and finds by status and text', async () => {
    const page = await dashboard.owner();
    const rows = page.getByRole('table', { name: 'Checks' }).getByRole('row');
    // Live: nothing reloads the page.
    await rows.filter({ hasText: 'nobody listens' }).filter({ hasText: 'Failing' }).waitFor();
    await rows.filter({ hasText: 'redis of the shop' }).filter({ hasText: 'Passing' }).waitFor();
    expect(await rows.nth(1).innerText()).toContain('nobody listens');
    await rows.filter({ hasText: '<script>alert(1)</script>' }).filter({ hasText: 'Inactive' }).waitFor();
    await page.getByText('Agents online').waitFor();
    await expectAccessible(page);
    await dashboard.shoot(page, 'home-light');
    await page.emulateMedia({ colorScheme: 'dark' });
    await dashboard.shoot(page, 'home-dark');

    await page.getByLabel('Search name or target').fill('REDIS');
    await rows.filter({ hasText: 'nobody listens' }).waitFor({ state: 'detached' });
    expect(page.url()).toContain('q=REDIS');
    await page.reload();
    await rows.filter({ hasText: 'redis of the shop' }).waitFor();
    expect(await rows.count()).toBe(2);
  });

  it('mutes from the row, deactivates many, and deletes only when asked twice', async () => {
    const page = await dashboard.owner();
    const rows = page.getByRole('table', { name: 'Checks' }).getByRole('row');
    const act = async (check: string, item: string): Promise<void> => {
      await page.getByRole('button', { name: `Actions for ${check}`, exact: true }).click();
      await page.getByRole('menuitem', { name: item, exact: true }).click();
    };
    await act('nobody listens', 'Mute');
    await rows.filter({ hasText: 'nobody listens' }).getByRole('img', { name: 'muted' }).waitFor();
    await act('nobody listens', 'Run now');
    await page.getByText('nobody listens ran in loc-1').waitFor();
    await act('<script>alert(1)</script>', 'Activate');
    await rows.filter({ hasText: '<script>alert(1)</script>' }).filter({ hasText: 'Passing' }).waitFor();
    await act('redis of the shop', 'Duplicate');
    await page.getByRole('heading', { name: /^Edit .*redis of the shop/ }).waitFor();
    await page.getByRole('link', { name: 'Checks' }).click();
    await rows.filter({ hasText: 'redis of the shop' }).filter({ hasText: 'Inactive' }).waitFor();
    await act('redis of the shop', 'Edit');
    await page.getByRole('heading', { name: 'Edit redis of the shop', exact: true }).waitFor();
    await page.getByRole('link', { name: 'Checks' }).click();

    await page.getByRole('checkbox', { name: 'Choose nobody listens' }).check();
    await page.getByRole('group', { name: 'Chosen checks' }).getByRole('button', { name: 'Deactivate' }).click();
    await rows.filter({ hasText: 'nobody listens' }).filter({ hasText: 'Inactive' }).waitFor();

    await act('nobody listens', 'Delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await rows.filter({ hasText: 'nobody listens' }).waitFor();
    await act('nobody listens', 'Delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await rows.filter({ hasText: 'nobody listens' }).waitFor({ state: 'detached' });
  });
});

describe('users, keys and the audit log', () => {
  it('are the owner’s to manage, and shown to nobody who only reads', async () => {
    const page = await dashboard.owner();
    await page.getByRole('link', { name: 'Users' }).click();
    await page.getByRole('button', { name: 'Invite' }).click();
    await page.getByRole('textbox', { name: 'Email' }).fill('new@example.com');
    await page.getByRole('button', { name: 'Make a link' }).click();
    const link = await page.getByRole('dialog').locator('pre').innerText();
    await page.keyboard.press('Escape');
    const invited = await dashboard.visitor();
    await invited.goto(link);
    await invited.getByRole('heading', { name: 'Join Acme' }).waitFor();
    await expectAccessible(invited);
    await invited.getByRole('textbox', { name: 'Your name' }).fill('Vera Viewer');
    await invited.getByRole('textbox', { name: 'Password' }).fill('a long enough one');
    await invited.getByRole('button', { name: 'Join' }).click();
    await invited.getByRole('link', { name: 'Checks' }).waitFor();
    expect(await invited.getByRole('link', { name: 'Users' }).count()).toBe(0);
    expect(await invited.getByRole('button', { name: 'Create' }).count()).toBe(0);

    await page.getByText('Vera Viewer').waitFor();
    await expectAccessible(page);
    await dashboard.shoot(page, 'users');
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByRole('button', { name: 'Create a key' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('ci');
    await dashboard.shoot(page, 'api-key-form');
    await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
    const key = await page.getByRole('dialog').locator('pre').innerText();
    expect(key).toMatch(/^sk_/);
    await page.keyboard.press('Escape');
    await page.getByRole('cell', { name: 'ci', exact: true }).waitFor();
    await expectAccessible(page);

    await page.getByRole('link', { name: 'Audit log' }).click();
    await page.getByText('created an API key').first().waitFor();
    expect(await page.content()).not.toContain(key);
    await expectAccessible(page);
    await dashboard.shoot(page, 'audit-log');
    await page.getByRole('button', { name: /Account menu/ }).click();
    await page.getByRole('menuitem', { name: 'Dark' }).click();
    await page.locator('html[data-mantine-color-scheme="dark"]').waitFor();
    await page.getByRole('button', { name: /Account menu/ }).click();
    await page.getByRole('menuitem', { name: 'As the system' }).click();
    await page.locator('html[data-mantine-color-scheme="light"]').waitFor();
    await page.getByRole('button', { name: /Account menu/ }).click();
    await page.getByRole('menuitem', { name: 'Password and sessions' }).click();
    await page.getByRole('heading', { name: 'Where you are signed in' }).waitFor();
    await expectAccessible(page);
  });
});
