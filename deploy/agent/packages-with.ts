import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The directories of these packages and of all that they depend on, relative to `root`, sorted. What is optional is
 * taken where it is installed, which leaves out the builds for other systems. Throws when a needed one is missing.
 */
export function packagesWith(root: string, names: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const optionalHere = keysOf(manifestIn(root, '.').optionalDependencies);
  const toFind = names.map((name) => ({ name, from: '.', isOptional: optionalHere.includes(name) }));
  for (let next = toFind.pop(); next !== undefined; next = toFind.pop()) {
    const directory = installed(root, next.name, next.from);
    if (directory === null) {
      if (next.isOptional) continue;
      throw new Error(`the package ${next.name}, which ${next.from} needs, is not installed: run \`npm ci\``);
    }
    if (found.has(directory)) continue;
    found.add(directory);
    const { dependencies, optionalDependencies } = manifestIn(root, directory);
    const optional = keysOf(optionalDependencies);
    // Some packages depend on their own types, which no process loads.
    const needed = [...new Set([...keysOf(dependencies), ...optional])].filter((name) => !name.startsWith('@types/'));
    for (const name of needed) toFind.push({ name, from: directory, isOptional: optional.includes(name) });
  }
  return [...found].sort();
}

type Manifest = { readonly dependencies?: Readonly<Record<string, string>>; readonly optionalDependencies?: Readonly<Record<string, string>> };

function manifestIn(root: string, directory: string): Manifest {
  return JSON.parse(readFileSync(join(root, directory, 'package.json'), 'utf8')) as Manifest;
}

/** Where Node finds it from there: in the nearest node_modules on the way up. */
function installed(root: string, name: string, from: string): string | null {
  const above = from.split('/node_modules/').map((_, depth, parts) => parts.slice(0, depth + 1).join('/node_modules/')).reverse();
  const places = from === '.' ? ['node_modules'] : [...above.map((directory) => `${directory}/node_modules`), 'node_modules'];
  return places.map((place) => `${place}/${name}`).find((directory) => existsSync(join(root, directory, 'package.json'))) ?? null;
}

const keysOf = (record: Readonly<Record<string, string>> | undefined): readonly string[] => Object.keys(record ?? {});
