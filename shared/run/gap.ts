/** Why a due run has no result. Nothing overdue is run, and nothing is silent (rules.md 4, 6). */
export const GAP_REASONS = [
  'agent_down', 'agent_lost', 'no_agent', 'overloaded', 'previous_still_running', 'paused', 'clock_jump',
  'spool_overflow', 'disk_error', 'config_rejected', 'late_config', 'maintenance', 'restored',
] as const;
export type GapReason = (typeof GAP_REASONS)[number];

export type Gap = {
  readonly runId: string;
  readonly checkId: string;
  readonly locationOwed: string;
  readonly dueAtMs: number;
  readonly reason: GapReason;
};
