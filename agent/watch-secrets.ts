import type { Log } from '#shared/log.ts';
import { openAgentSecrets, type AgentSecrets } from './secrets.ts';

/** A secrets file that went bad is told within this, whether or not a check asks for it. */
const LOOK_EVERY_MS = 5_000;

/** The secrets file, with what happens to it in the log. Throws, with every problem, when it cannot be used at the start. */
export function watchSecrets(path: string | null, nowMs: () => number, log: Log): { readonly secrets: AgentSecrets; stop(): void } {
  const opened = openAgentSecrets(path, nowMs, {
    onWarning: (warnings) => { for (const warning of warnings) log.warn(warning); },
    onTrouble: (problems) => log.error({ problems }, 'the changed secrets file cannot be used; what was there stays'),
    onReread: () => log.info('secrets file read again'),
  });
  if (!opened.ok) throw new Error(opened.problems.join('; '));
  const { secrets } = opened;
  const look = setInterval(() => secrets.egress(), LOOK_EVERY_MS);
  look.unref();
  return { secrets, stop: () => clearInterval(look) };
}
