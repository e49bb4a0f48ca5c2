/**
 * Runs in the page, before anything of its own: when the first row was painted, ms since navigation began, and how
 * long it took from a click or the last key until another number of checks was painted.
 */
export const WATCH_HOME = `(() => {
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now()))));
  const seen = (isThere) => new Promise((resolve) => {
    const look = () => { if (!isThere()) return; watcher.disconnect(); painted().then(resolve); };
    const watcher = new MutationObserver(look);
    watcher.observe(document, { subtree: true, childList: true, characterData: true });
    look();
  });
  const count = () => document.querySelector('main p[aria-live]')?.textContent;
  let actedAt = 0;
  for (const kind of ['click', 'input']) addEventListener(kind, () => { actedAt = performance.now(); }, true);
  window.sondeHome = {
    painted: seen(() => document.querySelector('main tbody tr') !== null),
    expectChange() {
      const before = count();
      this.changed = seen(() => count() !== undefined && count() !== before).then((at) => at - actedAt);
    },
  };
})()`;
