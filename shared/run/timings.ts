/**
 * Where the time of one attempt went, in integer µs of one monotonic clock. The first six sum to `totalUs`;
 * a phase that did not happen is 0.
 */
export type Timings = {
  readonly dnsUs: number;
  /** Until the connection was established. */
  readonly connectUs: number;
  /** Handshakes, from the start or by `startTls`. */
  readonly tlsUs: number;
  /** Handing the bytes to the kernel. */
  readonly sendUs: number;
  /** From the end of sending (or of connecting) to the first byte received. */
  readonly firstByteUs: number;
  /** From the first byte to the last byte that counted (rules.md 13). */
  readonly dataUs: number;
  readonly totalUs: number;
  /** The wait that found the end of the answer; outside the total and the thresholds (rules.md 13). */
  readonly idleUs: number;
};

export const NO_TIME: Timings = {
  dnsUs: 0, connectUs: 0, tlsUs: 0, sendUs: 0, firstByteUs: 0, dataUs: 0, totalUs: 0, idleUs: 0,
};

/** The four phases of the Checkly-shaped view, in ms with µs kept as decimals. */
export function timingPhasesMs(timings: Timings): { dns: number; connection: number; data: number; total: number } {
  return {
    dns: timings.dnsUs / 1000,
    connection: (timings.connectUs + timings.tlsUs) / 1000,
    data: (timings.sendUs + timings.firstByteUs + timings.dataUs) / 1000,
    total: timings.totalUs / 1000,
  };
}
