import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Dashboard, OWNER } from './dashboard.ts';
import { expectAccessible } from './expect-accessible.ts';

let dashboard: Dashboard;
beforeAll(async () => { dashboard = await Dashboard.open({ isSetUp: false, locations: [] }); });
afterAll(() => dashboard?.end());

describe('the first visit', () => {
  it('leads from the link of the terminal to an empty home, which leads on; and out again, and in', async () => {
    const page = await dashboard.visitor();
    await page.goto('/');
    await page.getByRole('heading', { name: 'Welcome' }).waitFor();
    await page.getByLabel('Setup token').waitFor();
    await page.goto('about:blank');
    await page.goto(dashboard.setupUrl);
    await page.getByRole('heading', { name: 'Welcome' }).waitFor();
    expect(await page.getByLabel('Setup token').count()).toBe(0);
    expect(page.url()).not.toContain('token');
    await expectAccessible(page);
    await dashboard.shoot(page, 'setup');

    await page.getByLabel('Your name').fill(OWNER.name);
    await page.getByLabel('Email').fill('olga');
    await page.getByRole('textbox', { name: 'Password' }).fill('short');
    await page.getByRole('button', { name: 'Begin' }).click();
    await page.getByText('at least 12 characters are needed').first().waitFor();
    await page.getByText('must be a valid email').first().waitFor();
    await page.getByLabel('Email').fill(OWNER.email);
    await page.getByRole('textbox', { name: 'Password' }).fill(OWNER.password);
    await page.getByLabel('Name of the account').fill('Acme');
    await page.getByRole('button', { name: 'Begin' }).click();

    await page.getByRole('heading', { name: 'No checks yet' }).waitFor();
    await expectAccessible(page);
    await dashboard.shoot(page, 'home-empty');

    await page.getByRole('button', { name: /Account menu/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await expectAccessible(page);
    await dashboard.shoot(page, 'sign-in');

    await page.goto('/users');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByLabel('Email').fill(OWNER.email);
    await page.getByRole('textbox', { name: 'Password' }).fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('email and password do not fit together').waitFor();
    await page.getByRole('textbox', { name: 'Password' }).fill(OWNER.password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Users' }).waitFor();
  });
});
