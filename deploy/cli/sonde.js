#!/usr/bin/env node
// The entry of the command line. Plain JavaScript of an old dialect, because the Node that starts it may be older
// than the one Sonde needs: then everything runs in the Node that `npm ci` brought along.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_NEEDED = 24;
const EXIT_USAGE = 2;

if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_NEEDED) {
  await import('./main.ts');
} else {
  const node = bundledNode();
  if (node === null) {
    process.stderr.write(
      `sonde: this is Node ${process.versions.node}, Sonde needs Node ${NODE_MAJOR_NEEDED} or newer. `
      + 'Run `npm ci` in the clone, which brings it along, or install it.\n',
    );
    process.exitCode = EXIT_USAGE;
  } else {
    runIn(node);
  }
}

/** Path of the Node binary of the npm package `node`, or null. */
function bundledNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve('node/package.json');
    return join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin.node);
  } catch {
    return null;
  }
}

function runIn(node) {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  // The channel lets the child notice when this process is killed, so that nothing is left behind.
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    process.on(signal, () => child.kill(signal));
  }
  if (process.channel) {
    process.on('disconnect', () => { if (child.connected) child.disconnect(); });
    process.channel.unref();
  }
  child.on('error', (error) => {
    process.stderr.write(`sonde: cannot run ${node}: ${error.code ?? error.message}. Run \`npm ci\` again.\n`);
    process.exit(EXIT_USAGE);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
