import type { Environment } from '#shared/settings/read-settings.ts';
import type { Output } from './output.ts';

/** What every command is given; nothing else of the process is touched. */
export type Context = {
  readonly env: Environment;
  readonly output: Output;
  /** Aborts when the user wants to stop (Ctrl-C, SIGTERM, or whoever started this is gone). */
  readonly stop: AbortSignal;
  /** Aborts when they said so twice. */
  readonly force: AbortSignal;
};
