import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The Node that runs this, which is the one an installation pins. */
export function layNode(into: string): void {
  copyTo(realpathSync(process.execPath), join(into, 'bin/node'));
}

/** The system's libraries that Node and the native packages under `tree` load, each at its own path under `rootfs`. */
export function layLibraries(tree: string, rootfs: string): readonly string[] {
  const node = librariesOf(process.execPath);
  if (node.missing.length > 0) throw new Error(`Node needs ${node.missing.join(', ')}, which this machine does not have`);
  const libraries = new Set(node.found);
  for (const native of readdirSync(tree, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.node'))) {
    const { found, missing } = librariesOf(join(tree, native));
    // Packages bring a build for each C library; the one for another than Node's here could never load.
    if (missing.length > 0) rmSync(join(tree, native));
    else for (const library of found) libraries.add(library);
  }
  for (const library of libraries) copyTo(library, join(rootfs, library));
  return [...libraries].sort();
}

/** As the dynamic loader finds them; the loader itself is among them. Throws where there is no `ldd`. */
function librariesOf(binary: string): { readonly found: readonly string[]; readonly missing: readonly string[] } {
  const listed = execFileSync('ldd', [binary], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return {
    found: [...listed.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map((match) => match[1]!),
    missing: [...listed.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1]!),
  };
}

function copyTo(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, 0o755);
}
