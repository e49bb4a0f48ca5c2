import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { dashboardState } from '#coordinator/dashboard/dashboard-files.ts';

const PREPARE = fileURLToPath(new URL('../../../coordinator/dashboard/prepare.ts', import.meta.url));

/** Before the e2e files, once: what the browser sees is what the sources say. In plain Node, as `npm ci` does it. */
export default function builtDashboard(): void {
  if (dashboardState() === 'built') return;
  const said = execFileSync(process.execPath, [PREPARE], { encoding: 'utf8', env: { ...process.env, NODE_ENV: 'production' } });
  if (dashboardState() !== 'built') throw new Error(`the dashboard could not be built: ${said}`);
}
