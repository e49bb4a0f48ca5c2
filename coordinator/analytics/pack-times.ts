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
/** What comes out is put together here and copied once: no phase has more buckets than there are runs, or than there are. */
let scratch = Buffer.allocUnsafeSlow(PHASES.length * (PART_BYTES + 64 * ENTRY_BYTES));
const TOTAL_NUMBER = phaseNumber('total');
const OTHERS = PHASES.map((_, number) => number).filter((number) => number !== TOTAL_NUMBER);
const NONE = { total: null, phases: null } as const;

/**
 * Packed sketches (sketch.ts) of the first `runs` runs' times, µs, run by run. Most cells have a few runs: nothing is
 * allocated but what comes out.
 */
export function packTimes(times: Int32Array, runs: number): { readonly total: Buffer | null; readonly phases: Buffer | null } {
  if (runs === 0) return NONE;
  const most = PHASES.length * (PART_BYTES + Math.min(runs, BUCKETS) * ENTRY_BYTES);
  if (most > scratch.length) scratch = Buffer.allocUnsafeSlow(2 * most);
  const totalEnd = packPhase(times, runs, TOTAL_NUMBER, 0);
  let end = totalEnd;
  for (const number of OTHERS) end = packPhase(times, runs, number, end);
  return { total: copied(0, totalEnd), phases: copied(totalEnd, end) };
}

function copied(from: number, to: number): Buffer | null {
  if (from === to) return null;
  const copy = Buffer.allocUnsafe(to - from);
  scratch.copy(copy, 0, from, to);
  return copy;
}

/** Writes the part of a phase at `at`; the offset behind it. */
function packPhase(times: Int32Array, runs: number, number: number, at: number): number {
  const place = PLACES[number]!;
  let buckets = 0;
  let sum = 0;
  let squares = 0;
  let least = Infinity;
  let most = 0;
  for (let run = 0, from = 0; run < runs; run += 1, from += MEASURED) {
    const us = timeOf(times, from, place);
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
  if (buckets === 0) return at;
  let end = writePartHead(scratch, at, { number, entries: buckets, sum, squares, least, most });
  for (let n = 0; n < buckets; n += 1) {
    const bucket = used[n]!;
    const count = counts[bucket]!;
    scratch[end] = bucket >> 8;
    scratch[end + 1] = bucket;
    scratch[end + 2] = count >>> 24;
    scratch[end + 3] = count >>> 16;
    scratch[end + 4] = count >>> 8;
    scratch[end + 5] = count;
    counts[bucket] = 0;
    end += ENTRY_BYTES;
  }
  return end;
}

function timeOf(times: Int32Array, run: number, place: number): number {
  switch (place) {
    case CONNECTION: return times[run + CONNECT]! + times[run + TLS]!;
    case TRANSFER: return times[run + SEND]! + times[run + FIRST_BYTE]! + times[run + DATA]!;
    default: return times[run + place]!;
  }
}
