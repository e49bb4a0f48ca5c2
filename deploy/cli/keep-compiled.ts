import { constants, enableCompileCache } from 'node:module';
import { resolve } from 'node:path';

const { ENABLED } = constants.compileCacheStatus;

/**
 * Keeps in `directory` what Node makes of the sources, for the next start: half of that start's CPU, and some 25 MB in each
 * thread, which then does without the code that reads TypeScript. Where this process may not write there is none.
 */
export function keepCompiled(directory: string): void {
  const { status } = enableCompileCache(resolve(directory));
  // Threads look for it in the environment; so do the processes this one starts.
  if (status === ENABLED) process.env['NODE_COMPILE_CACHE'] = resolve(directory);
}
