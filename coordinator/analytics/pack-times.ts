import { PHASES, phaseNumber } from './phases.ts';
import { BUCKETS, bucketOf, ENTRY_BYTES, PART_BYTES, writePartHead } from './sketch.ts';

/** How many times a run has: dns, connect, tls, send, firstByte, data and total. The other phases are sums of them. */
export const MEASURED = 7;
const [DNS, CONNECT, TLS, SEND, FIRST_BYTE, DATA, TOTAL, CONNECTION, TRANSFER] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;
/** Of a phase: which of these it is, by its number. */
const PLACES = PHASES.map((phase) => ({ dns: DNS, connect: CONNECT, tls: TLS, send: SEND, firstByte: FIRST_BYTE, data: DATA, total: TOTAL, connection: CONNECTION, transfer: TRANSFER })[phase]);

const counts = new Uint32Array(BUCKETS);
/** Buckets that are not 0, in the order in which they came. */
const used = new Uint16Array(BUCKETS);
const NONE = { total: null, phases: null } as const;

/**
 * Packed sketches (sketch.ts) of the first `runs` runs' times, µs, run by run. Most cells have a few runs: nothing is
 * allocated but what comes out.
 */
export function packTimes(times: Int32Array, runs: number): { readonly total: Buffer | null; readonly phases: Buffer | null } {
  if (runs === 0) return NONE;
  const parts: Buffer[] = [];
  let total: Buffer | null = null;
  for (const [number, place] of PLACES.entries()) {
    const part = packPhase(times, runs, place, number);
    if (part === null) continue;
    if (number === phaseNumber('total')) total = part;
    else parts.push(part);
  }
  return { total, phases: parts.length === 0 ? null : Buffer.concat(parts) };
}

function packPhase(times: Int32Array, runs: number, place: number, number: number): Buffer | null {
  let [buckets, sum, squares, least, most] = [0, 0, 0, Infinity, 0];
  for (let run = 0, at = 0; run < runs; run += 1, at += MEASURED) {
    const us = timeOf(times, at, place);
    if (us <= 0) continue;
    const bucket = bucketOf(us);
    if (counts[bucket] === 0) {
      used[buckets] = bucket;
      buckets += 1;
    }
    counts[bucket]! += 1;
    sum += us;
    squares += us * us;
    if (us < least) least = us;
    if (us > most) most = us;
  }
  if (buckets === 0) return null;
  const part = Buffer.allocUnsafe(PART_BYTES + buckets * ENTRY_BYTES);
  let at = writePartHead(part, 0, { number, entries: buckets, sum, squares, least, most });
  for (let n = 0; n < buckets; n += 1) {
    at = part.writeInt32BE(counts[used[n]!]!, part.writeInt16BE(used[n]!, at));
    counts[used[n]!] = 0;
  }
  return part;
}

function timeOf(times: Int32Array, run: number, place: number): number {
  switch (place) {
    case CONNECTION: return times[run + CONNECT]! + times[run + TLS]!;
    case TRANSFER: return times[run + SEND]! + times[run + FIRST_BYTE]! + times[run + DATA]!;
    default: return times[run + place]!;
  }
}
