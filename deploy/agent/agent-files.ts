import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { importsOf } from './imports-of.ts';
import { packagesWith } from './packages-with.ts';

/** What begins a process of the shipped agent. */
export const ENTRIES = ['deploy/agent/main.ts', 'deploy/agent/health.ts'] as const;

export type AgentFiles = {
  /** Files of this repository, relative to its root, sorted. */
  readonly sources: readonly string[];
  /** Directories under node_modules, relative to the root, sorted: the packages they import, and what those depend on. */
  readonly packages: readonly string[];
};

/**
 * The files that the agent needs to run, and no others: found by following imports from its entries. Throws when an
 * import leads nowhere, or to a package that package.json does not name as one for production.
 */
export function agentFiles(root: string, entries: readonly string[] = ENTRIES): AgentFiles {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  const sources = new Set<string>();
  const imported = new Set<string>();
  const toRead = [...entries];
  for (let file = toRead.pop(); file !== undefined; file = toRead.pop()) {
    if (sources.has(file)) continue;
    sources.add(file);
    if (!/\.[jt]s$/.test(file)) continue;
    for (const specifier of importsOf(readFileSync(join(root, file), 'utf8'))) {
      const target = targetOf(specifier, file);
      switch (target.kind) {
        case 'built-in': break;
        case 'package': imported.add(target.name); break;
        case 'file':
          if (!existsSync(join(root, target.path))) throw new Error(`${file} imports '${specifier}', which is not there`);
          toRead.push(target.path);
      }
    }
  }
  return { sources: [...sources].sort(), packages: packagesWith(root, [...imported].filter((name) => isShipped(name, manifest))) };
}

type Manifest = { readonly dependencies: Readonly<Record<string, string>>; readonly optionalDependencies?: Readonly<Record<string, string>> };

type Target =
  | { readonly kind: 'built-in' }
  | { readonly kind: 'package'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string };

function targetOf(specifier: string, from: string): Target {
  if (specifier.startsWith('node:')) return { kind: 'built-in' };
  // package.json maps '#folder/…' to './folder/…', for every folder.
  if (specifier.startsWith('#')) return { kind: 'file', path: specifier.slice(1) };
  if (specifier.startsWith('.')) return { kind: 'file', path: normalize(join(dirname(from), specifier)) };
  const parts = specifier.split('/');
  return { kind: 'package', name: specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]! };
}

/** An optional package that is not installed here is done without there as well. */
function isShipped(name: string, { dependencies, optionalDependencies = {} }: Manifest): boolean {
  if (name in dependencies) return true;
  if (name in optionalDependencies) return true;
  throw new Error(`the agent imports ${name}, which is no dependency for production in package.json`);
}
