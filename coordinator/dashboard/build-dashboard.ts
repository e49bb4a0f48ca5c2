import { globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { SITE_DIR, STAMP_FILE, stampOfSources, VITE_CONFIG } from './dashboard-files.ts';

/** Below this the headers weigh more than what compressing saves. */
const COMPRESSED_FROM_BYTES = 1_024;

/** Are the development dependencies there that building needs? */
export function canBuildDashboard(): boolean {
  try {
    for (const name of ['vite', '@vitejs/plugin-react', 'react', '@mantine/core']) import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** Builds into `dist/site`, each asset also compressed, and stamps it with its sources. Some 5 s of two cores. */
export async function buildDashboard(): Promise<void> {
  const sources = stampOfSources();
  const { build } = await import('vite');
  mkdirSync(dirname(STAMP_FILE), { recursive: true });
  // Aside, so that a coordinator that serves the last one never serves half of the next.
  const aside = `${SITE_DIR}.${process.pid}`;
  try {
    await build({ configFile: VITE_CONFIG, logLevel: 'warn', build: { outDir: aside } });
    for (const file of globSync('**/*.{js,css,svg}', { cwd: aside })) compress(join(aside, file));
    rmSync(SITE_DIR, { recursive: true, force: true });
    renameSync(aside, SITE_DIR);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  writeFileSync(STAMP_FILE, `${JSON.stringify({ sources })}\n`);
}

function compress(path: string): void {
  const bytes = readFileSync(path);
  if (bytes.length < COMPRESSED_FROM_BYTES) return;
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
}
