import { isFewRuns, MEASURED, PHASES_RUN_BYTES, readTimes, RUN_OF_PHASES, RUN_OF_TOTAL, RUNS_KEPT_MAX, sketchBytesMax, TOTAL_RUN_BYTES, writeSketch, type TimesSink } from './packed-times.ts';
import { PHASES, phaseNumber, type Phase } from './phases.ts';
import { BUCKETS, bucketOf, Sketch, type Sketches } from './sketch.ts';

/** Where times are gathered until they are packed or read: one place for all, empty in between, so that nothing is allocated but what comes out. */
const counts = PHASES.map(() => new Uint32Array(BUCKETS));
/** Buckets that are not 0, in the order in which they came. */
const used = PHASES.map(() => new Uint16Array(BUCKETS));
const heads = PHASES.map(() => ({ used: 0, sum: 0, squares: 0, least: Infinity, most: 0 }));
let scratch = Buffer.allocUnsafeSlow(4_096);
const NUMBERS = PHASES.map((_, number) => number);
const TOTAL = phaseNumber('total');
const [CONNECT, TLS, SEND, FIRST_BYTE, DATA] = (['connect', 'tls', 'send', 'firstByte', 'data'] as const).map(phaseNumber) as [number, number, number, number, number];
const [CONNECTION, TRANSFER] = [phaseNumber('connection'), phaseNumber('transfer')];
const OTHERS = NUMBERS.filter((number) => number !== TOTAL);
const NONE = { total: null, phases: null } as const;

const GATHER: TimesSink = {
  value: gather,
  head(phase, { sum, squares, least, most }) {
    const head = heads[phase]!;
    head.sum += sum;
    head.squares += squares;
    head.least = Math.min(head.least, least);
    head.most = Math.max(head.most, most);
  },
  bucket: count,
};

/** Packed times (packed-times.ts) as one with each phase once, and each bucket of it once: no larger however many are merged. A few runs stay what they are. */
export function mergePacked(packed: Buffer): Buffer {
  if (isFewRuns(packed)) return packed;
  try {
    readTimes(packed, GATHER);
  } catch (error) {
    for (const phase of NUMBERS) empty(phase);
    throw error;
  }
  return taken(NUMBERS) ?? Buffer.alloc(0);
}

/** What packed times tell together, whatever phases they are of; null has none. Throws RangeError on what nobody packed. */
export function unpack(...packed: readonly (Buffer | null)[]): Sketches {
  const found = new Map<Phase, Sketch>();
  try {
    for (const parts of packed) if (parts !== null) readTimes(parts, GATHER);
    for (const phase of NUMBERS) if (heads[phase]!.used > 0) found.set(PHASES[phase]!, sketchTaken(phase));
  } finally {
    for (const phase of NUMBERS) empty(phase);
  }
  return found;
}

/** Packed times of the first `runs` runs, µs, run by run as MEASURED_PHASES has them. */
export function packTimes(times: Int32Array, runs: number): { readonly total: Buffer | null; readonly phases: Buffer | null } {
  if (runs === 0) return NONE;
  if (runs <= RUNS_KEPT_MAX) return packRuns(times, runs);
  for (let at = 0; at < runs * MEASURED; at += MEASURED) {
    for (let phase = 0; phase < MEASURED; phase += 1) gather(phase, times[at + phase]!);
    gather(CONNECTION, times[at + CONNECT]! + times[at + TLS]!);
    gather(TRANSFER, times[at + SEND]! + times[at + FIRST_BYTE]! + times[at + DATA]!);
  }
  return { total: taken([TOTAL]), phases: taken(OTHERS) };
}

function packRuns(times: Int32Array, runs: number): { readonly total: Buffer; readonly phases: Buffer } {
  const both = Buffer.allocUnsafe(runs * (TOTAL_RUN_BYTES + PHASES_RUN_BYTES));
  let [ofTotal, ofPhases] = [0, runs * TOTAL_RUN_BYTES];
  for (let at = 0; at < runs * MEASURED; at += MEASURED) {
    both[ofTotal] = RUN_OF_TOTAL;
    ofTotal = writeTime(both, ofTotal + 1, times[at + TOTAL]!);
    both[ofPhases] = RUN_OF_PHASES;
    ofPhases += 1;
    for (let phase = 0; phase < TOTAL; phase += 1) ofPhases = writeTime(both, ofPhases, times[at + phase]!);
  }
  return { total: both.subarray(0, ofTotal), phases: both.subarray(ofTotal) };
}

/** By hand: half of what `writeInt32BE` takes with its checks. */
function writeTime(into: Buffer, at: number, us: number): number {
  into[at] = us >>> 24;
  into[at + 1] = us >>> 16;
  into[at + 2] = us >>> 8;
  into[at + 3] = us;
  return at + 4;
}

function gather(phase: number, us: number): void {
  if (us <= 0) return;
  count(phase, bucketOf(us), 1);
  const head = heads[phase]!;
  head.sum += us;
  head.squares += us * us;
  if (us < head.least) head.least = us;
  if (us > head.most) head.most = us;
}

function count(phase: number, bucket: number, n: number): void {
  const ofPhase = counts[phase]!;
  if (ofPhase[bucket] === 0) {
    const head = heads[phase]!;
    used[phase]![head.used] = bucket;
    head.used += 1;
  }
  ofPhase[bucket]! += n;
}

/** Sketches of these phases, which are empty afterwards; null when they were. */
function taken(phases: readonly number[]): Buffer | null {
  const most = phases.reduce((bytes, phase) => bytes + sketchBytesMax(heads[phase]!.used), 0);
  if (most > scratch.length) scratch = Buffer.allocUnsafeSlow(2 * most);
  let end = 0;
  for (const phase of phases) {
    const head = heads[phase]!;
    if (head.used === 0) continue;
    const [ofPhase, buckets] = [counts[phase]!, used[phase]!.subarray(0, head.used).sort()];
    end = writeSketch(scratch, end, phase, head, buckets, ofPhase);
    empty(phase);
  }
  return end === 0 ? null : Buffer.from(scratch.subarray(0, end));
}

function sketchTaken(phase: number): Sketch {
  const head = heads[phase]!;
  let [first, last] = [BUCKETS, 0];
  for (const bucket of used[phase]!.subarray(0, head.used)) {
    first = Math.min(first, bucket);
    last = Math.max(last, bucket);
  }
  return new Sketch(head, first, counts[phase]!.slice(first, last + 1));
}

function empty(phase: number): void {
  const [head, ofPhase] = [heads[phase]!, counts[phase]!];
  for (const bucket of used[phase]!.subarray(0, head.used)) ofPhase[bucket] = 0;
  Object.assign(head, { used: 0, sum: 0, squares: 0, least: Infinity, most: 0 });
}
