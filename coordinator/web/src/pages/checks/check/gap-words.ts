import type { GapReason } from '#shared/run/gap.ts';

/** Why a due run has no result, as one would say it. */
export const GAP_WORDS: Readonly<Record<GapReason, string>> = {
  agent_down: 'the agent was stopped', agent_lost: 'the agent was lost', no_agent: 'no agent was connected', overloaded: 'the agent was overloaded',
  previous_still_running: 'the run before was still going on', paused: 'the check was paused', clock_jump: "the agent's clock jumped", spool_overflow: "the agent's spool was full",
  disk_error: "the agent's disk failed", config_rejected: 'the agent refused the definition', late_config: 'the agent learnt of it too late', maintenance: 'maintenance', restored: 'restored from a backup',
};

export function gapWords(reason: string): string {
  return Object.hasOwn(GAP_WORDS, reason) ? GAP_WORDS[reason as GapReason] : reason;
}
