import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCheckBody } from '../testing/api.ts';
import { Dashboard } from './dashboard.ts';
import { expectAccessible } from './expect-accessible.ts';

let dashboard: Dashboard;
let sink: Server;
const received: { readonly signature: string | undefined; readonly body: string }[] = [];
beforeAll(async () => {
  dashboard = await Dashboard.open({ env: { SONDE_WEBHOOK_ALLOW_HTTP: '1', SONDE_WEBHOOK_ALLOW_NETWORKS: '127.0.0.1' } });
  sink = createServer(async (request, response) => {
    received.push({ signature: request.headers['x-checkly-signature'] as string | undefined, body: await text(request) });
    response.writeHead(202).end('<b>thank you</b>');
  }).listen(0, '127.0.0.1');
  await once(sink, 'listening');
});
afterAll(async () => {
  await dashboard?.end();
  sink?.close();
});

/** The rest is in the full form (`npm run test:full`). */
const IS_LONG = process.env['SONDE_TEST_LONG'] === '1';
/** Every page is looked at by `pages.e2e.test.ts`; this is for what is only there while somebody works on it. */
const lookAtLength = IS_LONG ? expectAccessible : async (): Promise<void> => {};

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
    await dashboard.shoot(page, 'new-location');
    await expectAccessible(page);
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
    await dashboard.shoot(page, 'location');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Drain berlin-2' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Drain' }).click();
    await page.getByRole('region', { name: 'Agent berlin-2' }).getByText('Drained: may be stopped').waitFor();
    await page.getByRole('button', { name: 'Put berlin-2 back to work' }).click();
    await page.getByRole('region', { name: 'Agent berlin-2' }).getByText('Connected').waitFor();
    await page.getByRole('button', { name: 'Revoke berlin-2' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('region', { name: 'Agent berlin-2' }).waitFor({ state: 'detached' });
    const keys = page.getByRole('table', { name: 'Keys' }).getByRole('row');
    expect(await keys.count()).toBe(3);
    await keys.nth(1).getByRole('button', { name: /^Revoke the key/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await keys.nth(2).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Locations' }).click();
    await page.getByRole('table', { name: 'Agents' }).getByText('berlin-1').waitFor();
    await dashboard.shoot(page, 'locations');
    await expectAccessible(page);
  });
});

describe('alert channels', () => {
  it('are filled in as the API describes them, tried out, and keep their secrets', async () => {
    const page = await dashboard.owner();
    await page.getByRole('link', { name: 'Channels' }).click();
    await page.getByRole('link', { name: 'New channel' }).click();
    await page.getByRole('combobox', { name: 'Kind' }).click();
    await page.getByRole('option', { name: 'Webhook', exact: true }).click();
    await page.getByRole('textbox', { name: 'Address' }).fill('no address');
    await page.getByRole('button', { name: 'Create the channel' }).click();
    await page.getByText('must be an address that begins with https://').first().waitFor();
    await page.getByRole('textbox', { name: 'Name' }).fill('on call');
    await page.getByRole('textbox', { name: 'Address' }).fill(`http://127.0.0.1:${(sink.address() as AddressInfo).port}/hook`);
    await page.getByLabel('Signing secret').fill('a signing secret');
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('The other side answered 202').waitFor();
    await page.getByText('<b>thank you</b>').waitFor();
    expect(received).toHaveLength(1);
    expect(received[0]!.signature).toBeTruthy();
    await dashboard.shoot(page, 'channel-form');
    await lookAtLength(page);
    await page.getByRole('button', { name: 'Create the channel' }).click();

    await page.getByRole('link', { name: 'on call' }).click();
    expect(await page.getByLabel('Signing secret').inputValue()).toBe('');
    expect(await page.content()).not.toContain('a signing secret');
    await page.getByRole('checkbox', { name: 'Degraded checks' }).check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('row', { name: /on call/ }).getByText('degraded').waitFor();
    await page.getByRole('button', { name: 'Send a test to on call' }).click();
    await page.getByText('on call: delivered').waitFor();
    expect(received[1]!.signature).toBeTruthy();
    await dashboard.shoot(page, 'channels');
    await lookAtLength(page);
    await page.getByRole('link', { name: 'Alert settings' }).click();
    await page.getByText('Alerts at the first failed run').waitFor();
    await page.getByRole('textbox', { name: 'Failed runs in a row' }).fill('3');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Alerts after 3 failed runs in a row').waitFor();
    await lookAtLength(page);
  });
});

describe('groups, variables and maintenance', () => {
  it('are made, changed and deleted where they are listed', async () => {
    const page = await dashboard.owner();
    await page.getByRole('link', { name: 'Groups' }).click();
    await page.getByRole('link', { name: 'New group' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('shop');
    await page.getByRole('combobox', { name: 'How often' }).click();
    await page.getByRole('option', { name: 'every 30 s' }).click();
    await page.getByRole('button', { name: 'Create the group' }).click();
    await page.getByRole('row', { name: /shop.*every 30 s/ }).waitFor();
    await dashboard.shoot(page, 'groups');
    await page.getByRole('link', { name: 'shop' }).click();
    await page.getByRole('button', { name: 'New variable' }).click();
    await page.getByRole('textbox', { name: 'Key' }).fill('REDIS_PASSWORD');
    await page.getByRole('checkbox', { name: 'Secret' }).check();
    await page.getByRole('dialog').getByLabel('Value').fill('hunter2 hunter2');
    await page.getByRole('button', { name: 'Save the variable' }).click();
    await page.getByRole('row', { name: /REDIS_PASSWORD/ }).getByText('secret').waitFor();
    expect(await page.content()).not.toContain('hunter2');
    await dashboard.shoot(page, 'group');
    await lookAtLength(page);
    await page.getByRole('link', { name: 'Variables' }).click();
    await page.getByRole('heading', { name: 'Variables', level: 1 }).waitFor();
    await page.getByRole('button', { name: 'New variable' }).click();
    await page.getByRole('textbox', { name: 'Key' }).fill('1ST');
    await page.getByRole('button', { name: 'Save the variable' }).click();
    await page.getByRole('dialog').getByText('must be letters, digits and _').first().waitFor();
    await page.keyboard.press('Escape');

    await page.getByRole('link', { name: 'Maintenance' }).click();
    await page.getByRole('button', { name: 'New window' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('database upgrade');
    await page.getByRole('radio', { name: 'Checks run, and nobody is told' }).check();
    await dashboard.shoot(page, 'window-form');
    await page.getByRole('button', { name: 'Save the window' }).click();
    await page.getByRole('row', { name: /database upgrade/ }).getByText('Planned').waitFor();
    await page.getByText('Europe/Berlin').first().waitFor();
    await dashboard.shoot(page, 'maintenance');
    await lookAtLength(page);
  });
});

describe.runIf(IS_LONG)('a status page', () => {
  it('is there for everybody while it is switched on, and for nobody otherwise', async () => {
    await dashboard.fleet.api.must('POST', '/v1/checks/tcp', aCheckBody(1, { name: 'internal-redis-7' }));
    const page = await dashboard.owner();
    await page.getByRole('link', { name: 'Status pages' }).click();
    await page.getByRole('link', { name: 'New status page' }).click();
    await page.getByRole('textbox', { name: 'Title' }).fill('Acme status');
    await page.getByRole('textbox', { name: 'Address' }).fill('acme');
    await page.getByRole('textbox', { name: 'Section' }).fill('Data');
    await page.getByRole('combobox', { name: 'Checks' }).click();
    await page.getByRole('option', { name: 'internal-redis-7' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('textbox', { name: 'Public name of internal-redis-7' }).fill('Database');
    await dashboard.shoot(page, 'status-form');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Create the page' }).click();
    await page.getByRole('row', { name: /Acme status/ }).getByText('Off').waitFor();

    const stranger = await dashboard.visitor();
    await stranger.goto('/status/acme');
    await stranger.getByRole('heading', { name: 'There is no status page here' }).waitFor();
    await page.getByRole('link', { name: 'Acme status' }).click();
    await page.getByRole('switch', { name: 'Public' }).check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('row', { name: /Acme status/ }).getByText('Public').waitFor();
    await stranger.reload();
    await stranger.getByText('Database').first().waitFor();
    await stranger.getByText('database upgrade').waitFor();
    expect(await stranger.content()).not.toContain('internal-redis-7');
    await dashboard.shoot(stranger, 'status');
    await expectAccessible(stranger);
  });
});

describe.runIf(IS_LONG)('a viewer', () => {
  it('reads all of it, and is offered nothing that would be refused', async () => {
    const page = await dashboard.member('viewer');
    const offers = page.getByRole('main').getByRole('button', { name: /^(New|Add|Save|Create|Change|Delete|Revoke|Test|Send)/ }).or(page.getByRole('main').getByRole('link', { name: /^New/ }));
    for (const [link, sign] of [['Locations', 'berlin-1'], ['Groups', 'shop'], ['Variables', 'None yet'], ['Maintenance', 'database upgrade'], ['Alerts', 'What checks alerted'], ['Channels', 'on call'], ['Alert settings', 'Alerts after 3'], ['Status pages', 'Acme status'], ['Usage', 'Runs by day (UTC)']] as const) {
      await page.getByRole('link', { name: link, exact: true }).click();
      await page.getByText(sign).first().waitFor();
      expect({ link, offers: await offers.count() }).toEqual({ link, offers: 0 });
    }
    await expectAccessible(page);
    await dashboard.shoot(page, 'usage');
  });
});
