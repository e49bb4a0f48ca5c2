import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCheckBody } from '../testing/api.ts';
import { Dashboard, PHONE } from './dashboard.ts';
import { expectAccessible } from './expect-accessible.ts';

/** Scripts, ANSI, NUL, a turned reading direction, a byte that is no text, and 64 KiB without a break. */
const HOSTILE = Buffer.concat([Buffer.from('<img src=x onerror="document.title=\'owned\'">\u001b[31m\0\u202egnp'), Buffer.from([0xff]), Buffer.alloc(65_536, 'x')]);

/** Greets as a mail server does, answers PING, and can be broken. */
class MailTarget {
  isBroken = false;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer((socket) => {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => this.#sockets.delete(socket));
    socket.write('220 mail.example ready\r\n');
    socket.on('data', () => socket.write(this.isBroken ? '451 out of order\r\n' : '250 PONG\r\n'));
  });

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => { this.#server.listen(0, '127.0.0.1', resolve); });
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }
}

const mail = new MailTarget();
const hostile = createServer((socket) => { socket.on('error', () => socket.destroy()).end(HOSTILE); });
let dashboard: Dashboard;
let port = 0;
let hostileId = '';
beforeAll(async () => {
  [dashboard, port] = await Promise.all([Dashboard.open({ locations: ['loc-1', 'loc-2'] }), mail.listen()]);
  await new Promise<void>((resolve) => { hostile.listen(0, '127.0.0.1', resolve); });
  const request = { hostname: '127.0.0.1', port: (hostile.address() as AddressInfo).port, assertions: [{ source: 'RESPONSE_DATA', property: '', comparison: 'NOT_EMPTY', target: '' }] };
  hostileId = (await dashboard.fleet.api.must<{ id: string }>('POST', '/v1/checks/tcp', aCheckBody(1, { name: '<b>hostile</b>', request }))).id;
});
afterAll(async () => {
  await dashboard?.end();
  await mail.close();
  hostile.close();
});

/** The same check, but that it is somebody else's. */
async function checkOfAnotherAccount({ fleet }: Dashboard): Promise<string> {
  const { rows: [made] } = await fleet.pool.query<{ id: string }>(`
    with other as (insert into accounts (id, name) values (gen_random_uuid(), 'another') returning id)
    insert into checks (account_id, id, revision, name, tags, definition, config_revision)
    select other.id, gen_random_uuid(), 1, 'theirs', tags, definition, config_revision from checks, other where checks.id = $1 returning id`, [hostileId]);
  return made!.id;
}

const main = (page: Page) => page.getByRole('main');

async function fillIn(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('menuitem', { name: /TCP check/ }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('mail of the shop');
  await page.getByRole('textbox', { name: 'Host', exact: true }).fill('127.0.0.1');
  await page.getByRole('textbox', { name: 'Port', exact: true }).fill('25');
  await page.getByText('Send data', { exact: true }).click();
  await page.getByRole('button', { name: 'Send after the greeting' }).click();
  await page.getByRole('textbox', { name: 'Port', exact: true }).fill(String(port));
  await page.getByRole('textbox', { name: 'Data to send' }).fill('PING\\r\\n');
  await page.getByRole('combobox', { name: 'Runs every' }).click();
  await page.getByRole('option', { name: '10 seconds' }).click();
}

describe('a check', () => {
  it('is created, tried unsaved, saved, seen live, broken, explained, edited and deleted', async () => {
    const page = await dashboard.owner();
    await fillIn(page);
    // Said at the field, by the API, before anything is saved.
    await page.getByRole('textbox', { name: 'Data to send' }).fill('PING\\q');
    await page.getByText(/unknown escape \\q/).waitFor();
    await page.getByRole('textbox', { name: 'Data to send' }).fill('PING\\r\\n');
    await page.getByRole('button', { name: 'Run now' }).click();
    const tried = page.getByTestId('run-result');
    await tried.getByText('Passed').waitFor();
    await tried.getByRole('button', { name: 'Assert that the response contains 250 PONG' }).click();
    expect(await page.getByRole('textbox', { name: 'Assertion 1: target' }).inputValue()).toBe('250 PONG');
    expect(await page.getByTestId('alert-sentence').innerText()).toContain('Alerts at the first failed run');
    await page.getByRole('heading', { name: 'New TCP check' }).click();
    await dashboard.shoot(page, 'form-light');
    await expectAccessible(page);
    expect((await dashboard.fleet.api.must<unknown[]>('GET', '/v1/checks')).length).toBe(1);
    await page.getByRole('button', { name: 'Create', exact: true }).last().click();

    await page.getByRole('heading', { name: 'mail of the shop' }).waitFor();
    const runs = page.getByRole('table', { name: 'Runs' }).getByRole('row');
    await runs.filter({ hasText: 'schedule' }).filter({ hasText: 'Passed' }).first().waitFor();
    await page.getByTestId('standing').getByText('Passing').waitFor();
    mail.isBroken = true;
    await page.getByTestId('standing').getByText('Failing').waitFor();
    await expectAccessible(page);
    await dashboard.shoot(page, 'check-light');
    await runs.filter({ hasText: 'Failed' }).first().getByRole('link').click();
    await page.getByRole('heading', { name: /^Run of/ }).waitFor();
    const sentence = await page.getByTestId('failure-sentence').innerText();
    expect(sentence).toMatch(/^Judging the answer failed: .*; until then: connected to 127\.0\.0\.1 in .*, and \d+ bytes had been received\.$/);
    await main(page).getByText('451 out of order').first().waitFor();
    await page.getByRole('table', { name: 'Other locations' }).waitFor();
    await dashboard.shoot(page, 'run-light');

    await page.getByRole('link', { name: 'mail of the shop' }).click();
    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('mail of the whole shop');
    page.once('dialog', (dialog) => void dialog.dismiss());
    await page.getByRole('link', { name: 'Checks' }).click();
    expect(await page.getByRole('textbox', { name: 'Name', exact: true }).inputValue()).toBe('mail of the whole shop');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'mail of the whole shop' }).waitFor();

    await page.getByRole('button', { name: 'Actions for mail of the whole shop' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('table', { name: 'Checks' }).getByRole('row').filter({ hasText: 'hostile' }).waitFor();
    expect(await page.getByText('mail of the whole shop', { exact: true }).count()).toBe(0);
  });

  it('shows hostile bytes as text, in every view, and is found by nobody who may not', async () => {
    const page = await dashboard.owner(PHONE);
    await page.goto(`/checks/${hostileId}`);
    await page.getByRole('heading', { name: '<b>hostile</b>' }).waitFor();
    await page.getByRole('table', { name: 'Runs' }).getByRole('link').first().click();
    const response = page.getByRole('group', { name: 'What was received' });
    await response.getByText('<img src=x').waitFor();
    expect((await response.innerText()).slice(0, 80)).toContain('<1b>[31m<00><U+202E>gnp');
    await page.getByText('Raw', { exact: true }).click();
    expect(await response.innerText()).toContain('\\x1b[31m\\x00\\xe2\\x80\\xaegnp\\xff');
    await page.getByText('Hex', { exact: true }).click();
    expect(await response.innerText()).toContain('000000  3c 69 6d 67');
    expect(await page.title()).not.toBe('owned');
    await expectAccessible(page);

    const viewer = await dashboard.member('viewer');
    await viewer.goto(`/checks/${hostileId}`);
    await viewer.getByRole('heading', { name: '<b>hostile</b>' }).waitFor();
    expect(await viewer.getByRole('link', { name: 'Edit' }).or(viewer.getByRole('button', { name: /^Actions for/ })).count()).toBe(0);
    for (const path of [`/checks/${hostileId}/edit`, '/checks/new/tcp']) {
      await viewer.goto(path);
      await viewer.getByRole('heading', { name: 'There is no such page' }).waitFor();
    }
    const theirs = await checkOfAnotherAccount(dashboard);
    for (const path of [`/checks/${theirs}`, `/checks/${theirs}/edit`, `/checks/${theirs}/runs/${theirs}`]) {
      await page.goto(path);
      await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
    }
  });

  it('is created by keyboard alone, and deleted at the foot of its form', async () => {
    const page = await dashboard.owner();
    await page.goto('/checks/new');
    await page.getByRole('textbox', { name: 'Name', exact: true }).focus();
    await page.keyboard.type('by keyboard');
    while (await page.evaluate(`document.activeElement?.getAttribute('placeholder') !== 'db.example.com'`)) await page.keyboard.press('Tab');
    await page.keyboard.type('127.0.0.1');
    await page.keyboard.press('Tab');
    await page.keyboard.type(String(port));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'by keyboard' }).waitFor();
    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByRole('heading', { name: 'Edit by keyboard' }).waitFor();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('heading', { name: 'Checks' }).waitFor();
  });
});
