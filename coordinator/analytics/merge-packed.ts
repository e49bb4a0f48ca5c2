import { PHASES } from './phases.ts';
import { BUCKETS, ENTRY_BYTES, PART_BYTES, writePartHead } from './sketch.ts';

const counts = PHASES.map(() => new Uint32Array(BUCKETS));
const used = PHASES.map((): number[] => []);
const heads = PHASES.map(() => ({ parts: 0, sum: 0, squares: 0, least: 0, most: 0 }));

/** Packed sketches one after another as one with each phase once, and each bucket of it once: no larger however many are merged. */
export function mergePacked(packed: Buffer): Buffer {
  for (let at = 0; at < packed.length;) at = addPart(packed, at);
  const phases = PHASES.map((_, number) => number).filter((number) => heads[number]!.parts > 0);
  const into = Buffer.allocUnsafe(phases.reduce((bytes, number) => bytes + PART_BYTES + used[number]!.length * ENTRY_BYTES, 0));
  let at = 0;
  for (const number of phases) {
    const [buckets, ofPhase, head] = [used[number]!, counts[number]!, heads[number]!];
    at = writePartHead(into, at, { number, entries: buckets.length, ...head });
    for (const bucket of buckets) {
      at = into.writeInt32BE(ofPhase[bucket]!, into.writeInt16BE(bucket, at));
      ofPhase[bucket] = 0;
    }
    buckets.length = 0;
    head.parts = 0;
  }
  return into;
}

function addPart(packed: Buffer, at: number): number {
  const number = packed.readInt16BE(at);
  const head = heads[number];
  if (head === undefined) throw new RangeError(`a stored sketch names the phase number ${number}, which is none`);
  const [sum, squares] = [packed.readInt32BE(at + 4) * 2 ** 32 + packed.readUInt32BE(at + 8), packed.readDoubleBE(at + 12)];
  const [least, most] = [packed.readInt32BE(at + 20), packed.readInt32BE(at + 24)];
  const isFirst = head.parts === 0;
  head.parts += 1;
  head.sum = isFirst ? sum : head.sum + sum;
  head.squares = isFirst ? squares : head.squares + squares;
  head.least = isFirst ? least : Math.min(head.least, least);
  head.most = isFirst ? most : Math.max(head.most, most);
  const [ofPhase, buckets] = [counts[number]!, used[number]!];
  const end = at + PART_BYTES + packed.readInt16BE(at + 2) * ENTRY_BYTES;
  for (let entry = at + PART_BYTES; entry < end; entry += ENTRY_BYTES) {
    const bucket = packed.readInt16BE(entry);
    if (ofPhase[bucket] === 0) buckets.push(bucket);
    ofPhase[bucket]! += packed.readInt32BE(entry + 2);
  }
  return end;
}
