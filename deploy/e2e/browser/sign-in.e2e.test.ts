import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { A_CLIENT, AProvider } from '#coordinator/api/testing/a-provider.ts';
import { Dashboard, OWNER } from './dashboard.ts';
import { expectAccessible } from './expect-accessible.ts';

let dashboard: Dashboard;
let provider: AProvider;
beforeAll(async () => {
  provider = await AProvider.start({ claimsInIdToken: true });
  provider.people.set('vera', { subject: 'vera', email: 'vera@example.com', email_verified: true, name: 'Vera Viewer' });
  dashboard = await Dashboard.open({
    isSetUp: false, locations: [], mayAlsoAsk: [provider.issuer],
    env: { SONDE_OIDC_ISSUER: provider.issuer, SONDE_OIDC_CLIENT_ID: A_CLIENT.clientId, SONDE_OIDC_CLIENT_SECRET: A_CLIENT.clientSecret, SONDE_OIDC_NAME: 'Acme ID' },
  });
});
afterAll(async () => {
  await dashboard?.end();
  await provider?.close();
});

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

  it('at a provider lets in whoever was invited, and says why nobody else', async () => {
    const page = await dashboard.visitor();
    const viaProvider = async (who: string): Promise<void> => {
      await page.getByRole('link', { name: 'Go on with Acme ID' }).click();
      await page.getByRole('link', { name: who, exact: true }).click();
    };
    await page.goto('/usage');
    await viaProvider('vera');
    await page.getByText('Nobody of this installation has invited your address').waitFor();
    await dashboard.shoot(page, 'sign-in-provider');
    await dashboard.fleet.api.must('POST', '/v1/invitations', { email: 'vera@example.com', role: 'viewer' });
    await page.context().clearCookies();
    await page.goto('/usage');
    await viaProvider('vera');
    await page.getByRole('heading', { name: 'Usage' }).waitFor();
    await page.getByText('Vera Viewer').waitFor();
    await page.getByRole('button', { name: /Account menu/ }).click();
    await page.getByRole('menuitem', { name: 'Password and sessions' }).click();
    await page.getByText('You may sign in there.').waitFor();
    expect(await page.getByLabel('Current password').count()).toBe(0);
  });
});
