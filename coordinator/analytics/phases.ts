/**
 * The phases that rollups keep times of. The position is the phase's number in stored sketches: append, never move.
 * `connection` and `transfer` are what Checkly calls connection and data; sums of phases need sketches of their own,
 * because percentiles of sums cannot be had from percentiles of the parts.
 */
export const PHASES = ['dns', 'connect', 'tls', 'send', 'firstByte', 'data', 'total', 'connection', 'transfer'] as const;
export type Phase = (typeof PHASES)[number];

/** The number of the phase in a stored sketch. */
export function phaseNumber(phase: Phase): number {
  return PHASES.indexOf(phase);
}
