/** Where the agent begins when it is shipped alone: in the image, under systemd, in Kubernetes. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { keepCompiled } from '../cli/keep-compiled.ts';

// Its own packages are not its to write to. A directory that is not there yet is made later, with narrower rights.
const dataDir = process.env['SONDE_DATA_DIR'];
if (dataDir && existsSync(dataDir)) keepCompiled(join(dataDir, 'compiled'));
await import('./run-agent.ts');
