import { readFileSync } from 'node:fs';
import type { Log } from '#shared/log.ts';
import type { Clock } from '#shared/time/clock.ts';
import { systemFiles, WatchedFile } from '../probe/resolve/watched-file.ts';
import { type Modules, parseModules } from './modules.ts';
import type { FileProblem } from './yaml-file.ts';

/** A module file that cannot be used; the message lists all that is wrong, the problems are for machines. */
export class ModulesFileError extends Error {
  readonly problems: readonly FileProblem[];

  constructor(path: string, problems: readonly FileProblem[]) {
    super([`${path} is not a module file (SONDE_PROBE_MODULES):`, ...problems.map(({ message }) => `  ${path}:${message}`)].join('\n'));
    this.name = 'ModulesFileError';
    this.problems = problems;
  }
}

/**
 * The modules of a file, read again when it changes (looked at no more than once a second). Throws when the file
 * cannot be read or used at the start; later, what is wrong is logged and the last good modules stay.
 */
export function openModulesFile(path: string, { clock, log }: { readonly clock: Clock; readonly log: Pick<Log, 'info' | 'error'> }): () => Modules {
  const first = parseModules(readModulesFile(path));
  if (!first.ok) throw new ModulesFileError(path, first.problems);
  let modules = first.modules;
  let isFirstLook = true;
  const watched = new WatchedFile<Modules>({
    path, files: systemFiles, clock,
    parse(text) {
      // Before the first look, and where the file is gone for a moment.
      if (text === '') return modules;
      const parsed = parseModules(text);
      if (!parsed.ok) log.error({ path, problems: parsed.problems.map(({ message }) => message) }, 'the module file has problems; the last good modules stay');
      else {
        modules = parsed.modules;
        if (!isFirstLook) log.info({ path, modules: modules.size }, 'the module file was read again');
      }
      isFirstLook = false;
      return modules;
    },
  });
  return () => watched.current();
}

function readModulesFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`cannot read the module file ${path} (SONDE_PROBE_MODULES): ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
