import { tellSupervisor } from '../local/child-message.ts';
import { problemOf } from './cli-problem.ts';
import type { Context } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { untilAborted } from './stop-signals.ts';

/** Starts a server, waits until it shall stop, and stops it; a supervisor learns why it could not start. */
export async function runServer({ stop, force }: Context, start: () => Promise<{ stop(): Promise<void> }>): Promise<ExitCode> {
  let running;
  try {
    running = await start();
  } catch (error) {
    const { message, exitCode } = problemOf(error);
    await tellSupervisor({ kind: 'failed', message, exitCode });
    throw error;
  }
  await untilAborted(stop);
  await Promise.race([running.stop(), untilAborted(force)]);
  return EXIT.ok;
}
