import { chmodSync, copyFileSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { agentFiles } from './agent-files.ts';

/** What a package needs at run time, and what its licence asks to be passed on. Types, maps and sources stay behind. */
const RUNS = new Set(['.js', '.cjs', '.mjs', '.json', '.node', '.wasm', '.proto']);
const IS_LICENSE = /^(licen[cs]e|notice|copying)/i;

/** Lays the agent with all that it imports into `into`, as a tree that runs by itself: `node <into>/deploy/agent/main.ts`. */
export function layTree(root: string, into: string): void {
  const { sources, packages } = agentFiles(root);
  for (const file of [...sources.filter((file) => file !== 'package.json'), 'LICENSE']) copy(join(root, file), join(into, file));
  writeFileSync(join(into, 'package.json'), manifestOf(root));
  for (const directory of packages) copyPackage(join(root, directory), join(into, directory));
}

/** What Node needs of it to resolve imports, and the agent to know its version. */
function manifestOf(root: string): string {
  const { name, version, license, type, imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  return `${JSON.stringify({ name, version, license, private: true, type, imports }, null, 2)}\n`;
}

/** Packages within it have an entry of their own in the list. */
function copyPackage(from: string, to: string): void {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyPackage(source, target);
    else if (RUNS.has(extname(entry.name)) || IS_LICENSE.test(basename(entry.name))) copy(source, target);
  }
}

/** Readable by whoever runs it, writable by its owner, whatever the clone's rights are. */
function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, 0o644);
}

/** Of all files in it together. */
export function treeBytes(directory: string): number {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
