import { PHASES, phaseNumber } from './phases.ts';
import { BUCKETS, bucketOf, ENTRY_BYTES, PART_BYTES } from './sketch.ts';

/** Measured phases in the order in which they come; the others are sums of them, after these. */
const [DNS, CONNECT, TLS, SEND, FIRST_BYTE, DATA, TOTAL, CONNECTION, TRANSFER] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;
const MEASURED = 7;
const RUN_BYTES = 4 * MEASURED;
/** The place of a phase above, by its number. */
const PLACES = PHASES.map((phase) => ({ dns: DNS, connect: CONNECT, tls: TLS, send: SEND, firstByte: FIRST_BYTE, data: DATA, total: TOTAL, connection: CONNECTION, transfer: TRANSFER })[phase]);

const counts = new Uint32Array(BUCKETS);

/**
 * Packed sketches (sketch.ts) of some runs' times: for each run dns, connect, tls, send, firstByte, data and total, µs
 * as int32, big-endian. Most cells have a few runs: nothing is allocated but what comes out.
 */
export function packTimes(times: Buffer | null): { readonly total: Buffer | null; readonly phases: Buffer | null } {
  if (times === null) return { total: null, phases: null };
  const parts: Buffer[] = [];
  let total: Buffer | null = null;
  for (const [number, place] of PLACES.entries()) {
    const part = packPhase(times, place, number);
    if (part === null) continue;
    if (number === phaseNumber('total')) total = part;
    else parts.push(part);
  }
  return { total, phases: parts.length === 0 ? null : Buffer.concat(parts) };
}

function packPhase(times: Buffer, place: number, number: number): Buffer | null {
  const used: number[] = [];
  let [sum, squares, least, most] = [0, 0, Infinity, 0];
  for (let at = 0; at + RUN_BYTES <= times.length; at += RUN_BYTES) {
    const us = timeOf(times, at, place);
    if (us <= 0) continue;
    const bucket = bucketOf(us);
    if (counts[bucket] === 0) used.push(bucket);
    counts[bucket]! += 1;
    sum += us;
    squares += us * us;
    if (us < least) least = us;
    if (us > most) most = us;
  }
  if (used.length === 0) return null;
  const part = Buffer.allocUnsafe(PART_BYTES + used.length * ENTRY_BYTES);
  part.writeInt16BE(number, 0);
  part.writeInt16BE(used.length, 2);
  part.writeInt32BE(Math.floor(sum / 2 ** 32), 4);
  part.writeUInt32BE(sum % 2 ** 32, 8);
  part.writeDoubleBE(squares, 12);
  part.writeInt32BE(least, 20);
  part.writeInt32BE(most, 24);
  let at = PART_BYTES;
  for (const bucket of used) {
    at = part.writeInt32BE(counts[bucket]!, part.writeInt16BE(bucket, at));
    counts[bucket] = 0;
  }
  return part;
}

function timeOf(times: Buffer, run: number, place: number): number {
  const measured = (of: number): number => times.readInt32BE(run + 4 * of);
  switch (place) {
    case CONNECTION: return measured(CONNECT) + measured(TLS);
    case TRANSFER: return measured(SEND) + measured(FIRST_BYTE) + measured(DATA);
    default: return measured(place);
  }
}
