import type { Sample } from './window.ts';

/** One exchange as the target saw it; instants in µs of CLOCK_MONOTONIC. */
export type Truth = {
  readonly address: number;
  /** The kernel's round trip of the handshake. */
  readonly handshakeUs: number;
  /** The kernel's stamp of the request. */
  readonly arrivedUs: number;
  readonly beforeSendUs: number;
  readonly afterSendUs: number;
};

/** How far a prober's times are from the truth, µs, always positive; and how late the request came after its due instant. */
export type TimeErrors = { readonly connect: number[]; readonly firstByte: number[]; readonly total: number[]; readonly lateness: number[]; unmatched: number };

/**
 * Samples beside the exchanges they are of. Both are in order within an address, which has one check under way at a
 * time; an address with more samples than exchanges (one never reached the target) cannot be told apart and is left out.
 *
 * The truth of the first byte is from the request's arrival to the answer's sending (to the middle of the call, which on
 * loopback delivers it); that of the total is handshake and first byte: what a prober adds between them is its own.
 */
export function errorsAgainst(truths: readonly Truth[], samples: readonly Sample[]): TimeErrors {
  const errors: TimeErrors = { connect: [], firstByte: [], total: [], lateness: [], unmatched: 0 };
  const exchanges = Map.groupBy(truths, ({ address }) => address);
  for (const [address, seen] of Map.groupBy(samples, (sample) => sample.address)) {
    const known = exchanges.get(address) ?? [];
    if (known.length < seen.length) errors.unmatched += seen.length;
    else seen.forEach((sample, index) => compare(errors, sample, known[index]!));
  }
  return errors;
}

function compare(errors: TimeErrors, sample: Sample, truth: Truth): void {
  const firstByteUs = (truth.beforeSendUs + truth.afterSendUs) / 2 - truth.arrivedUs;
  note(errors.connect, Math.abs(sample.connectUs - truth.handshakeUs));
  note(errors.firstByte, Math.abs(sample.firstByteUs - firstByteUs));
  note(errors.total, Math.abs(sample.totalUs - truth.handshakeUs - firstByteUs));
  note(errors.lateness, truth.arrivedUs - sample.dueUs);
}

/** NaN: the prober does not tell. */
function note(list: number[], value: number): void {
  if (!Number.isNaN(value)) list.push(value);
}
