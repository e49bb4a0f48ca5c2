import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLoggedTarget, type LoggedTarget } from '../testing/logged-target.ts';
import { Dashboard, PHONE } from './dashboard.ts';
import { open, pagesLeftOut, pagesOf, type APage } from './every-page.ts';
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
    const [inside, outside] = [await dashboard.owner(PHONE), await dashboard.visitor(PHONE)];
    const found: unknown[] = [];
    for (const [index, one] of pages.entries()) {
      const page = one.isOutside ? outside : inside;
      const scheme = index % 2 === 0 ? 'light' : 'dark';
      await open(page, one);
      await dashboard.shoot(page, `phone-${one.path.replace(/[^a-z]+/gi, '-')}`);
      const violations = await violationsIn(page, scheme);
      if (violations.length > 0) found.push({ path: one.path, scheme, violations });
      const tooWide = await sidewaysScroll(page);
      if (tooWide > 0) found.push({ path: one.path, tooWide });
    }
    expect(found).toEqual([]);
  });
});
