// Before the first paint, so that a dark room sees no white flash. The same key as in src/theme/theme.ts.
(function () {
  var wanted = null;
  try { wanted = localStorage.getItem('sonde-color-scheme'); } catch (error) { /* storage is off: the system decides */ }
  var isDark = wanted === 'dark' || (wanted !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', isDark ? 'dark' : 'light');
})();
