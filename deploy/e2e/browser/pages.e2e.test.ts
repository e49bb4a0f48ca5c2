import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLoggedTarget, type LoggedTarget } from '../testing/logged-target.ts';
import { Dashboard, PHONE } from './dashboard.ts';
import { pagesLeftOut, pagesOf, walk, type APage } from './every-page.ts';
import { sidewaysScroll, violationsIn } from './expect-accessible.ts';

let dashboard: Dashboard;
let target: LoggedTarget;
let pages: readonly APage[] = [];
beforeAll(async () => {
  [dashboard, target] = await Promise.all([Dashboard.open(), startLoggedTarget()]);
  pages = await pagesOf(dashboard, target.port);
});
afterAll(async () => {
  await dashboard?.end();
  await target?.close();
});

describe('every page', () => {
  it('is in the list of pages', () => expect(pagesLeftOut(pages)).toEqual([]));

  // Light and dark in turn; all of both, and on a wide screen, is in the full form.
  it('fits a phone, and axe finds nothing on it', async () => {
    expect(await walk(dashboard, pages, PHONE, async (page, { path }, index) => {
      const scheme = index % 2 === 0 ? 'light' : 'dark';
      await dashboard.shoot(page, `phone-${path.replace(/[^a-z]+/gi, '-')}`);
      const violations = await violationsIn(page, scheme);
      return [...violations.map((violation) => ({ scheme, violation })), ...(await sidewaysScroll(page) > 0 ? ['scrolls sideways'] : [])];
    })).toEqual([]);
  });
});
