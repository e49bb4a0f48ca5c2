import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Dashboard } from './dashboard.ts';
import { expectAccessible } from './expect-accessible.ts';

let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await Dashboard.open();
});
afterAll(() => dashboard?.end());

describe('locations', () => {
  it('are made with a key shown once, and wait until a real agent connects', async () => {
    const page = await dashboard.owner();
    await page.getByRole('link', { name: 'Locations' }).click();
    await page.getByRole('link', { name: 'New private location' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Berlin office');
    await page.getByRole('button', { name: 'Create the location' }).click();
    await page.getByText('Waiting for an agent').waitFor();
    const key = await page.locator('pre[aria-label="The key of berlin-office"]').innerText();
    for (const way of ['Container', 'systemd', 'Kubernetes', 'Plain Node']) {
      await page.getByRole('tab', { name: way }).click();
      expect(await page.getByRole('region', { name: `Commands: ${way}` }).innerText()).toContain(`127.0.0.1:${dashboard.fleet.fleetPort}`);
    }
    await expectAccessible(page);
    await dashboard.shoot(page, 'new-location');
    await dashboard.fleet.startAgent('berlin-1', key);
    await page.getByText('berlin-1 is connected').waitFor();

    await page.getByRole('link', { name: 'To the location' }).click();
    const agent = page.getByRole('region', { name: 'Agent berlin-1' });
    await agent.getByText('Connected').waitFor();
    await page.getByText('Available').waitFor();
    expect(await page.content()).not.toContain(key);
    await page.getByRole('button', { name: 'Add a key' }).click();
    await page.getByRole('checkbox', { name: 'Agents wait for approval' }).check();
    await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click();
    const second = await page.locator('pre[aria-label="The key of berlin-office"]').innerText();
    await page.locator('button:disabled', { hasText: 'Add a key' }).waitFor();
    await dashboard.fleet.startAgent('berlin-2', second);
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('region', { name: 'Agent berlin-2' }).getByText('Connected').waitFor();
    await expectAccessible(page);
    await dashboard.shoot(page, 'location');
    await page.getByRole('button', { name: 'Revoke berlin-2' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('region', { name: 'Agent berlin-2' }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Locations' }).click();
    await page.getByRole('table', { name: 'Agents' }).getByText('berlin-1').waitFor();
    await expectAccessible(page);
    await dashboard.shoot(page, 'locations');
  });
});
