import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { PHONE } from './dashboard.ts';

type Violation = { readonly id: string; readonly help: string; readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[] };
const HTML_CHARS_SHOWN = 200;

/** No violation that axe can find, light, dark and on a phone, where nothing but tables scrolls sideways. */
export async function expectAccessible(page: Page): Promise<void> {
  const before = page.viewportSize();
  for (const colorScheme of ['dark', 'light'] as const) expect({ colorScheme, violations: await violationsIn(page, colorScheme) }).toEqual({ colorScheme, violations: [] });
  await page.setViewportSize(PHONE);
  expect({ width: PHONE.width, violations: await violationsOf(page) }).toEqual({ width: PHONE.width, violations: [] });
  expect(await sidewaysScroll(page)).toBe(0);
  if (before) await page.setViewportSize(before);
}

/** What axe finds in one scheme; the page stays in it. */
export async function violationsIn(page: Page, colorScheme: 'light' | 'dark'): Promise<readonly string[]> {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
  return violationsOf(page);
}

/** By how many pixels the page is wider than its window. */
export async function sidewaysScroll(page: Page): Promise<number> {
  return await page.evaluate('Math.max(0, document.documentElement.scrollWidth - window.innerWidth)') as number;
}

/** Colours on their way from one scheme to the other are no colours of either. */
const AT_REST = `Promise.all(document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations !== Infinity).map((one) => one.finished.catch(() => {}))).then(() => true)`;

async function violationsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(AT_REST);
  // As the debugger: the page's own policy would refuse a script.
  await page.evaluate(axe.source);
  const violations = await page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then((found) => found.violations)`) as readonly Violation[];
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, HTML_CHARS_SHOWN)} ${failureSummary ?? ''}`).join(' | ')}`);
}
