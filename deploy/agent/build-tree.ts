/**
 * `node deploy/agent/build-tree.ts <directory>`: the agent, its packages and Node as one directory for a machine with
 * this system's C library; what the systemd unit expects at /opt/sonde.
 */
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { layTree, treeBytes } from './lay-tree.ts';
import { layNode } from './node-runtime.ts';

const [given] = process.argv.slice(2);
if (given === undefined || given.startsWith('-')) fail('usage: node deploy/agent/build-tree.ts <directory>');
const into = resolve(given);
if (existsSync(into) && readdirSync(into).length > 0) fail(`${into} is not empty: name a new directory`);
// Another user than this one runs it.
process.umask(0o022);
const root = join(import.meta.dirname, '../..');
layTree(root, into);
layNode(into);
for (const file of ['sonde-agent.service', 'README.md']) cpSync(join(import.meta.dirname, file), join(into, file));
process.stdout.write(`${into}: ${(treeBytes(into) / 1e6).toFixed(1)} MB\n`);

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
