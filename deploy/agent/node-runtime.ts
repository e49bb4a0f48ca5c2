import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The Node that runs this, which is the one an installation pins. */
export function layNode(into: string): void {
  copyTo(realpathSync(process.execPath), join(into, 'bin/node'), 0o755);
}

/** The system's libraries that Node and the native packages under `tree` load, each at its own path under `rootfs`. */
export function layLibraries(tree: string, rootfs: string): readonly string[] {
  const natives = readdirSync(tree, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.node')).map((file) => join(tree, file));
  const libraries = [...new Set([process.execPath, ...natives].flatMap(librariesOf))].sort();
  for (const library of libraries) copyTo(library, join(rootfs, library), 0o755);
  return libraries;
}

/** As the dynamic loader finds them; the loader itself is among them. Throws where there is no `ldd`. */
function librariesOf(binary: string): readonly string[] {
  const listed = execFileSync('ldd', [binary], { encoding: 'utf8' });
  const missing = /^\s*(\S+) => not found/m.exec(listed);
  if (missing) throw new Error(`${binary} needs ${missing[1]}, which this machine does not have`);
  return [...listed.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map((match) => match[1]!);
}

function copyTo(from: string, to: string, mode: number): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  copyFileSync(from, to);
  chmodSync(to, mode);
}
