import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLoggedTarget, type LoggedTarget } from '../testing/logged-target.ts';
import { Dashboard, DESKTOP, PHONE } from './dashboard.ts';
import { pagesOf, walk, type APage } from './every-page.ts';
import { sidewaysScroll, violationsIn } from './expect-accessible.ts';

const WALK_WITHIN_MS = 400_000;
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
  it.each([['a wide screen', DESKTOP], ['a phone', PHONE]] as const)('is sound on %s, light and dark', async (_name, viewport) => {
    expect(await walk(dashboard, pages, viewport, async (page) => [
      ...await violationsIn(page, 'light'), ...await violationsIn(page, 'dark'), ...(await sidewaysScroll(page) > 0 ? ['scrolls sideways'] : []),
    ])).toEqual([]);
  }, WALK_WITHIN_MS);

  it('can be gone through by keyboard: Tab comes to all that can be clicked, and out again', async () => {
    expect(await walk(dashboard, pages, DESKTOP, async (page) => {
      await page.evaluate(MARK_CLICKABLE);
      for (let presses = 0; presses < TABS_MAX; presses += 1) {
        await page.keyboard.press('Tab');
        if (await page.evaluate(MARK_REACHED) as boolean) return await page.evaluate(NOT_REACHED) as string[];
      }
      return ['Tab never comes out of the page'];
    })).toEqual([]);
  }, WALK_WITHIN_MS);
});

const TABS_MAX = 300;
/** What acts by a click and is no member of a group that arrow keys walk through. */
const MARK_CLICKABLE = `(() => {
  document.activeElement?.blur?.();
  window.clickable = new Set([...document.querySelectorAll('a[href], button, input, select, textarea, [role="button"], [role="combobox"]')].filter((one) => {
    const box = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    return box.width > 0 && box.height > 0 && style.visibility !== 'hidden' && style.pointerEvents !== 'none' && !one.disabled && one.type !== 'hidden'
      && !one.closest('[aria-hidden="true"], [inert], [role="group"][aria-label="Results over time"], [role="tablist"], [role="radiogroup"]') && one.type !== 'radio';
  }));
  window.reached = new Set();
})()`;
/** true: Tab begins anew. Where the page gave a field the focus, it first comes to the end, and out, and in at the top. */
const MARK_REACHED = `(() => {
  const at = document.activeElement ?? document.body;
  if (window.reached.has(at)) return true;
  window.reached.add(at);
  return false;
})()`;
const NOT_REACHED = `[...window.clickable].filter((one) => document.contains(one) && !window.reached.has(one)).map((one) => one.outerHTML.slice(0, 160))`;
