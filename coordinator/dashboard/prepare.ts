// `npm run prepare`, which `npm ci` calls: builds the dashboard where that is possible and needed. Never fails an
// installation: without development dependencies there is nothing to build with, and the coordinator says so.
import { buildDashboard, canBuildDashboard } from './build-dashboard.ts';
import { dashboardState } from './dashboard-files.ts';

if (dashboardState() === 'built') {
  console.log('the dashboard is built already');
} else if (!canBuildDashboard()) {
  console.log('the dashboard is not built: the development dependencies are not installed');
} else {
  const startedAt = performance.now();
  try {
    await buildDashboard();
    console.log(`the dashboard is built (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  } catch (error) {
    console.error('the dashboard could not be built; `sonde up` tries again:', error);
  }
}
