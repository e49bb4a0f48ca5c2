/**
 * The dashboard as a person meets it: a real Postgres, coordinator and agents, and pages of a real browser. One stack
 * and one browser a test file; `end` puts everything away and throws what the pages complained of.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { Fleet } from '../testing/fleet.ts';
import { launchBrowser } from './launch-browser.ts';

export const OWNER = { name: 'Olga Owner', email: 'olga@example.com', password: 'correct horse battery' };
export type Role = 'owner' | 'admin' | 'editor' | 'runner' | 'viewer';

/** A loaded machine is slow; a page that is never ready fails all the same. */
const ACT_WITHIN_MS = 20_000;
export const DESKTOP = { width: 1280, height: 860 };
export const PHONE = { width: 390, height: 844 };

export type DashboardOptions = {
  /** Public locations, each with an agent. */
  readonly locations?: readonly string[];
  /** false: nobody owns the installation yet. */
  readonly isSetUp?: boolean;
  /** Other sites that pages may go to: a provider of sign-in. */
  readonly mayAlsoAsk?: readonly string[];
  /** Settings of the coordinator besides. */
  readonly env?: Readonly<Record<string, string>>;
};

export class Dashboard {
  readonly fleet: Fleet;
  readonly url: string;
  /** Where the first owner sets up, with the token. */
  readonly setupUrl: string;
  readonly #browser: Browser;
  readonly #complaints: string[] = [];

  readonly #sites: readonly string[];

  private constructor(fleet: Fleet, browser: Browser, setupUrl: string, mayAlsoAsk: readonly string[]) {
    this.fleet = fleet;
    this.#browser = browser;
    this.url = `http://127.0.0.1:${fleet.httpPort}`;
    this.setupUrl = setupUrl;
    this.#sites = [this.url, ...mayAlsoAsk, 'data:', 'blob:'];
  }

  static async open({ locations = ['loc-1'], isSetUp = true, env = {}, mayAlsoAsk = [] }: DashboardOptions = {}): Promise<Dashboard> {
    const launching = launchBrowser();
    launching.catch(() => {}); // Told below.
    const fleet = await Fleet.open();
    try {
      const { setupUrl } = await (await fleet.startCoordinator({ env })).ready();
      if (!setupUrl) throw new Error('a new installation offered no setup');
      if (locations.length > 0) await fleet.startLocations(locations);
      const dashboard = new Dashboard(fleet, await launching, setupUrl, mayAlsoAsk);
      if (isSetUp) await dashboard.#setUp();
      return dashboard;
    } catch (cause) {
      await fleet.end();
      await launching.then((browser) => browser.close(), () => {});
      throw cause;
    }
  }

  /** A browser of its own, signed out. */
  async visitor(viewport = DESKTOP): Promise<Page> {
    const context = await this.#browser.newContext({ baseURL: this.url, viewport, locale: 'en-GB', timezoneId: 'Europe/Berlin', reducedMotion: 'reduce' });
    context.setDefaultTimeout(ACT_WITHIN_MS);
    const page = await context.newPage();
    page.on('pageerror', (error) => this.#complaints.push(`${page.url()}: ${error.message}`));
    page.on('console', (message) => {
      // A refused request is the page's business, which the test looks at.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) this.#complaints.push(`${page.url()}: ${message.text()}`);
    });
    page.on('request', (request) => {
      if (!this.#sites.some((site) => request.url().startsWith(site))) this.#complaints.push(`${page.url()} asked ${request.url()}`);
    });
    return page;
  }

  /** A browser of its own, signed in as the owner, on the home page. */
  async owner(viewport = DESKTOP): Promise<Page> {
    return this.#signedIn('/v1/session', { email: OWNER.email, password: OWNER.password }, viewport);
  }

  /** Likewise, as somebody the owner invited. */
  async member(role: Role): Promise<Page> {
    const { link } = await this.fleet.api.must<{ link: string }>('POST', '/v1/invitations', { email: `${role}-${Date.now()}@example.com`, role });
    return this.#signedIn('/v1/invitations/accept', { token: link.split('#token=')[1], name: `Mr. ${role}`, password: 'a long enough one' }, DESKTOP);
  }

  /** Into SONDE_SCREENSHOTS, if that is set: what a person looks at. */
  async shoot(page: Page, name: string): Promise<void> {
    const dir = process.env['SONDE_SCREENSHOTS'];
    if (dir === undefined) return;
    mkdirSync(dir, { recursive: true });
    await page.screenshot({ path: join(dir, `${name}.png`) });
  }

  async end(): Promise<void> {
    const ends = await Promise.allSettled([this.#browser.close(), this.fleet.end()]);
    const troubles = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
    if (troubles.length > 0) throw new AggregateError(troubles, 'the dashboard could not be cleared away');
    if (this.#complaints.length > 0) throw new Error(`the pages complained:\n${this.#complaints.join('\n')}`);
  }

  async #setUp(): Promise<void> {
    const answer = await fetch(`${this.url}/v1/setup`, {
      method: 'POST', headers: { 'content-type': 'application/json', origin: this.url },
      body: JSON.stringify({ ...OWNER, token: this.setupUrl.split('#token=')[1], accountName: 'Acme' }),
    });
    if (!answer.ok) throw new Error(`setup answered ${answer.status}: ${await answer.text()}`);
  }

  async #signedIn(path: string, body: object, viewport: typeof DESKTOP): Promise<Page> {
    const page = await this.visitor(viewport);
    const answer = await page.request.post(path, { data: body, headers: { origin: this.url } });
    if (!answer.ok()) throw new Error(`${path} answered ${answer.status()}: ${await answer.text()}`);
    await page.goto('/');
    await page.getByRole('navigation', { name: 'Pages' }).waitFor({ state: viewport.width < 768 ? 'attached' : 'visible' });
    return page;
  }
}
