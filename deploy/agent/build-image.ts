/**
 * `node deploy/agent/build-image.ts [--tag name] [--archive file.tar] [--context directory]`: the agent's image, by
 * buildah. --archive also writes it to a file that `docker load` and `podman load` read. --context only lays the
 * folder, for another builder: `docker build -f <directory>/Containerfile <directory>`.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { layTree, treeBytes } from './lay-tree.ts';
import { layLibraries, layNode } from './node-runtime.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Of nobody on any system: the number that distroless images made the custom. */
const USER = 65532;

// Another user than this one runs what is laid here.
process.umask(0o022);
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const { values } = parseArgs({ options: {
  tag: { type: 'string', default: `sonde-agent:${version}` }, archive: { type: 'string' }, context: { type: 'string' },
} });

if (values.context !== undefined) {
  layContext(resolve(values.context));
} else {
  const context = mkdtempSync(join(tmpdir(), 'sonde-agent-image-'));
  try {
    layContext(context);
    build(context, values.tag);
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
  if (values.archive !== undefined) buildah(['push', values.tag, `docker-archive:${resolve(values.archive)}:${values.tag}`]);
}

/** The three folders of the Containerfile, and the Containerfile. */
function layContext(context: string): void {
  const app = join(context, 'app/opt/sonde');
  const runtime = join(context, 'runtime');
  mkdirSync(app, { recursive: true });
  layTree(ROOT, app);
  layNode(join(runtime, 'opt/sonde'));
  const libraries = layLibraries(app, runtime);
  mkdirSync(join(runtime, 'etc'));
  writeFileSync(join(runtime, 'etc/passwd'), `sonde:x:${USER}:${USER}::/var/lib/sonde:/nonexistent\n`);
  writeFileSync(join(runtime, 'etc/group'), `sonde:x:${USER}:\n`);
  // For SONDE_RESOLVER=system: /etc/hosts before name servers, as people expect.
  writeFileSync(join(runtime, 'etc/nsswitch.conf'), 'hosts: files dns\n');
  // Of root, and there before the data directory is copied into it: a builder gives what it makes itself to that one's owner.
  mkdirSync(join(runtime, 'var/lib'), { recursive: true });
  mkdirSync(join(context, 'state/sonde'), { recursive: true, mode: 0o700 });
  cpSync(join(import.meta.dirname, 'Containerfile'), join(context, 'Containerfile'));
  say(`agent ${megabytes(treeBytes(app))}, Node and ${libraries.length} libraries ${megabytes(treeBytes(runtime))}`);
}

function build(context: string, tag: string): void {
  // The docker format keeps HEALTHCHECK, which OCI images do not have.
  buildah(['build', '--format', 'docker', '--layers', '--build-arg', `VERSION=${version}`, '--build-arg', `REVISION=${revision()}`,
    '--tag', tag, '--file', join(context, 'Containerfile'), context]);
  const [image] = JSON.parse(buildah(['images', '--json', tag])) as { size: string }[];
  say(`${tag}: ${image?.size ?? 'size unknown'}`);
}

/** Works without root's mounts and without a daemon, unless its user has set it up otherwise. */
function buildah(args: readonly string[]): string {
  return execFileSync('buildah', args, {
    encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env: { STORAGE_DRIVER: 'vfs', BUILDAH_ISOLATION: 'chroot', ...process.env },
  });
}

function revision(): string {
  try {
    return execFileSync('git', ['-C', ROOT, 'rev-parse', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
