/** Where `sonde` begins once it runs in a Node that reads TypeScript. */
import { fileURLToPath } from 'node:url';
import { keepCompiled } from './keep-compiled.ts';

// Beside the packages, whose owner alone may write there.
keepCompiled(fileURLToPath(new URL('../../node_modules/.cache/sonde-compile', import.meta.url)));
const { runCli } = await import('./run-cli.ts');

// A reader that has seen enough (`sonde checks list | head -1`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.stderr.on('error', () => {});

process.exit(await runCli(process));
