import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The clone that this runs from. */
const ROOT = join(import.meta.dirname, '..', '..');
const WEB = 'coordinator/web';

/** What `vite build` wrote: nothing in here is edited by hand. */
export const SITE_DIR = join(ROOT, WEB, 'dist', 'site');
export const STAMP_FILE = join(ROOT, WEB, 'dist', 'stamp.json');
export const VITE_CONFIG = join(ROOT, WEB, 'vite.config.ts');

/** `missing`: never built. `stale`: built from other sources than are here. */
export type DashboardState = 'built' | 'stale' | 'missing';

/** Is what stands in `dist` what the sources say? Without sources (an image ships none) it is what it is. */
export function dashboardState(): DashboardState {
  if (!existsSync(join(SITE_DIR, 'index.html'))) return 'missing';
  if (!existsSync(join(ROOT, WEB, 'src'))) return 'built';
  return readStamp() === stampOfSources() ? 'built' : 'stale';
}

/** SHA-256 over everything of this clone that goes into the bundle; tests do not. */
export function stampOfSources(): string {
  const hash = createHash('sha256');
  const files = globSync([`${WEB}/src/**/*`, `${WEB}/public/*`, `${WEB}/index.html`, `${WEB}/vite.config.ts`, 'shared/**/*.ts', 'package-lock.json'], { cwd: ROOT, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name) && !entry.parentPath.endsWith('/testing'))
    .map((entry) => join(entry.parentPath, entry.name)).sort();
  for (const file of files) hash.update(`${file.slice(ROOT.length)}\0`).update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function readStamp(): string | null {
  try {
    const { sources } = JSON.parse(readFileSync(STAMP_FILE, 'utf8')) as { sources?: unknown };
    return typeof sources === 'string' ? sources : null;
  } catch {
    return null; // Never stamped, or half written: build again.
  }
}
