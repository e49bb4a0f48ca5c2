import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * Who may import whom. The tree is the architecture diagram; an import against its arrows is how a house turns into
 * a heap. Borders between top-level folders are crossed by `#folder/…`, so that a reader sees them.
 */
const ROOT = join(import.meta.dirname, '..');

const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  proto: [],
  shared: ['proto'],
  agent: ['proto', 'shared'],
  coordinator: ['proto', 'shared'],
  deploy: ['proto', 'shared', 'agent', 'coordinator'],
};

/** Rooms of decisions: no clock, chance, sockets or files of their own. */
const PURE = [
  'shared/check', 'shared/schedule', 'shared/assertion', 'shared/run', 'shared/retry', 'shared/wire',
  'coordinator/planning', 'coordinator/fleet', 'coordinator/verdict', 'coordinator/alerting',
];
/** `node:net` parses addresses as well; only its sockets are impure. */
const PURE_NET = /import\s*(type\s*)?\{[\s,]*((isIP|isIPv4|isIPv6|BlockList)[\s,]*)+\}\s*from 'node:net'/;
const IMPURE_MODULES = /^node:(fs|net|tls|dns|http|https|child_process|worker_threads|timers|os|cluster|dgram|sqlite)/;
const IMPURE_CALLS = /\b(Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|setImmediate|performance\.now|randomUUID|randomBytes)\b/;

type Import = { readonly file: string; readonly specifier: string };

const files = globSync(['proto', 'shared', 'agent', 'coordinator', 'deploy'].map((top) => `${top}/**/*.ts`), { cwd: ROOT })
  .filter((file) => !file.includes('node_modules') && !file.startsWith('coordinator/web/'));
const sources = new Map(files.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]));
const imports: readonly Import[] = files.flatMap((file) => [...sources.get(file)!.matchAll(/(?:^|\n)\s*(?:import|export)[^'"`;]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g)]
  .map((match) => ({ file, specifier: match[1] ?? match[2] ?? match[3]! })));

const isTest = (file: string): boolean => /\.(test|pg\.test|e2e\.test)\.ts$|\/testing\//.test(file);
const topOf = (file: string): string => file.split('/')[0]!;

describe('imports run along the arrows', () => {
  test('the scan sees the tree', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(imports.length).toBeGreaterThan(100);
  });

  test('between top-level folders only as allowed, and by subpath imports', () => {
    const wrong = imports.filter(({ file, specifier }) => {
      const from = topOf(file);
      if (specifier.startsWith('#')) {
        const to = specifier.slice(1).split('/')[0]!;
        return to === from || !MAY_IMPORT[from]!.includes(to);
      }
      if (!specifier.startsWith('.')) return false;
      return topOf(relative(ROOT, join(ROOT, dirname(file), specifier))) !== from;
    });
    expect(wrong).toEqual([]);
  });

  test('only the store knows kysely and pg, besides what brings up a database', () => {
    const allowed = (file: string): boolean => file.startsWith('coordinator/store/') || /^deploy\/(local|bench|e2e|chaos|simulation)\//.test(file) || isTest(file);
    expect(imports.filter(({ file, specifier }) => /^(kysely|pg|pg-copy-streams)(\/|$)/.test(specifier) && !allowed(file))).toEqual([]);
  });

  test('only shared/wire and the doors of the two streams read generated messages', () => {
    const allowed = /^(shared\/wire|agent\/session|coordinator\/sessions|coordinator\/pipeline\/plan-assignments|coordinator\/fleet-side|deploy\/|proto\/)/;
    expect(imports.filter(({ file, specifier }) => specifier.startsWith('#proto/gen') && !allowed.test(file) && !isTest(file))).toEqual([]);
  });

  test('decisions have no clock, chance, socket or file', () => {
    const inPure = (file: string): boolean => PURE.some((room) => file.startsWith(`${room}/`)) && !isTest(file);
    const isImpure = ({ file, specifier }: Import): boolean => IMPURE_MODULES.test(specifier)
      && !(specifier === 'node:net' && PURE_NET.test(sources.get(file)!));
    expect(imports.filter((found) => inPure(found.file) && isImpure(found))).toEqual([]);
    expect(files.filter((file) => inPure(file) && IMPURE_CALLS.test(sources.get(file)!))).toEqual([]);
  });

  test('nothing that runs imports what is only for tests', () => {
    const leaks = imports.filter(({ file, specifier }) => !isTest(file) && !file.startsWith('deploy/') && /\/testing\/|\.test\.ts$|^vitest/.test(specifier));
    expect(leaks).toEqual([]);
  });
});
