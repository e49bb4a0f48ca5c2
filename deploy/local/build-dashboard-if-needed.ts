import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { canBuildDashboard } from '#coordinator/dashboard/build-dashboard.ts';
import { dashboardState } from '#coordinator/dashboard/dashboard-files.ts';
import type { UpSteps } from './up-steps.ts';

const PREPARE = fileURLToPath(new URL('../../coordinator/dashboard/prepare.ts', import.meta.url));
/** Some 5 s on two idle cores; beyond this something is wrong, and the API is worth more than the wait. */
const BUILD_WITHIN_MS = 120_000;

/** After an edit or a pull. In a process of its own, whose memory goes with it. Trouble is told and stops nothing. */
export async function buildDashboardIfNeeded(steps: UpSteps, news: (sentence: string) => void): Promise<void> {
  if (dashboardState() === 'built') return;
  if (!canBuildDashboard()) {
    news('the dashboard is not built, and cannot be without the development dependencies: run npm ci');
    return;
  }
  await steps.step('building the dashboard', () => promisify(execFile)(process.execPath, [PREPARE], { timeout: BUILD_WITHIN_MS }), () => 'dashboard')
    .catch((error: unknown) => news(`the dashboard could not be built: ${error instanceof Error ? error.message : String(error)}`));
}
