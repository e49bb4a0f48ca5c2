import type { MatrixTally } from './run-rows.ts';

/** Addresses of no special purpose; in the namespace they are the other end of a cable that leads nowhere else. */
export const CONTROL_V4 = '8.8.8.8';
export const CONTROL_V6 = '2606:4700::1111';
export const PORT = 7_777;
/** Connections to the control address that the child makes: 2 literals, 2 names, 3 of 6 flips. */
export const CONTROLS = 7;

export type ChildReport = {
  readonly literals: MatrixTally;
  readonly named: MatrixTally;
  readonly nameServers: MatrixTally;
  /** `reached` or a failure code: the controls, and a name that flips between allowed and denied. */
  readonly reached: readonly string[];
};
