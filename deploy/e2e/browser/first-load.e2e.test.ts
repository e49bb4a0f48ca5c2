import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { SITE_DIR } from '#coordinator/dashboard/dashboard-files.ts';

/** kB of 1,000 bytes, all that a browser must have before the page stands. */
const FIRST_LOAD_KB_MAX = 250;
const SOME = ['home/home-page.tsx', 'sign-in/sign-in-page.tsx', 'checks/new-check-page.tsx', 'checks/check/check-page.tsx'];

type Chunk = { readonly file: string; readonly imports?: readonly string[]; readonly isDynamicEntry?: boolean };

/** By Vite: https://vite.dev/guide/backend-integration.html */
const manifest = JSON.parse(readFileSync(join(SITE_DIR, 'manifest.json'), 'utf8')) as Readonly<Record<string, Chunk>>;

/** With everything it imports without being asked. */
function withImports(name: string, into = new Set<string>()): Set<string> {
  const chunk = manifest[name];
  if (chunk === undefined) throw new Error(`the build has no ${name}`);
  if (!into.has(chunk.file)) {
    into.add(chunk.file);
    for (const imported of chunk.imports ?? []) withImports(imported, into);
  }
  return into;
}

function kilobytes(files: ReadonlySet<string>): number {
  return Math.round([...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(SITE_DIR, file)), { level: 9 }).length, 0) / 1_000);
}

const pages = Object.keys(manifest).filter((name) => manifest[name]?.isDynamicEntry && name.endsWith('-page.tsx'));

describe('the first load', () => {
  it('is small, whichever page comes first', () => {
    const loads = Object.fromEntries(pages.map((name) => [name.replace(/^src\/pages\//, ''), kilobytes(withImports(name, withImports('index.html')))]));
    expect(Object.keys(loads)).toEqual(expect.arrayContaining(SOME));
    expect(Object.entries(loads).filter(([, size]) => size > FIRST_LOAD_KB_MAX)).toEqual([]);
  });
});
