/**
 * Times of runs as rollups store them: parts one after another, so that two packed one after the other are their
 * merger, in whatever order, and SQL merges by `string_agg`. The first byte of a part says what it is:
 *
 *   0xFE          one run: its total, int32 µs
 *   0xFF          one run: its other measured times, int32 µs each, as MEASURED has them
 *   0x10 + phase  a sketch (sketch.ts) of one phase: varint entries, varint sum, float64 sum of squares, varint least,
 *                 varint most − least, then an entry a bucket, ascending: varint how far from the one before, varint count
 *   0x00          a sketch as it was written before: phase, int16 entries, int64 sum, float64 sum of squares, int32
 *                 least, int32 most, then an entry a bucket: int16 bucket, int32 count
 *
 * Numbers are big-endian, varints little-endian by seven bits. Most hours have a few runs: as they are they take a
 * fifth of what nine sketches of them would, and Postgres itself can write them.
 */
import { PHASES, phaseNumber, type Phase } from './phases.ts';
import type { SketchHead } from './sketch.ts';

/** What is measured of a run, in this order; the other phases are sums of these. The position is the phase's number. */
export const MEASURED_PHASES = ['dns', 'connect', 'tls', 'send', 'firstByte', 'data', 'total'] as const satisfies readonly Phase[];
export const MEASURED = MEASURED_PHASES.length;
/** Runs of a cell up to which they are kept as they are: beyond, sketches are smaller. */
export const RUNS_KEPT_MAX = 16;

export const RUN_OF_TOTAL = 0xfe;
export const RUN_OF_PHASES = 0xff;
const SKETCH = 0x10;
const SKETCH_BEFORE = 0x00;
const TOTAL = phaseNumber('total');
const [CONNECTION, TRANSFER] = [phaseNumber('connection'), phaseNumber('transfer')];
const TIME_BYTES = 4;
export const TOTAL_RUN_BYTES = 1 + TIME_BYTES;
export const PHASES_RUN_BYTES = 1 + (MEASURED - 1) * TIME_BYTES;
/** Of a sketch without its entries, and of an entry, at most. */
const HEAD_BYTES_MAX = 1 + 3 + 8 + 8 + 5 + 5;
const ENTRY_BYTES_MAX = 2 + 5;

/** Phases by number. Sketches come as a head and their buckets. */
export type TimesSink = {
  /** 0 or less: it did not happen. */
  value(phase: number, us: number): void;
  head(phase: number, head: SketchHead): void;
  bucket(phase: number, bucket: number, count: number): void;
};

/** Throws RangeError on what nobody packed. */
export function readTimes(packed: Buffer, into: TimesSink): void {
  const reader = new Reader(packed);
  while (reader.at < packed.length) {
    const kind = reader.byte();
    if (kind === RUN_OF_TOTAL) into.value(TOTAL, reader.int32());
    else if (kind === RUN_OF_PHASES) readRun(reader, into);
    else if (kind === SKETCH_BEFORE) readSketchBefore(reader, into);
    else readSketch(packed, reader, known(kind - SKETCH), into);
  }
}

/** Are these some runs, and no more than are kept as they are? */
export function isFewRuns(packed: Buffer): boolean {
  let runs = 0;
  for (let at = 0; at < packed.length;) {
    const kind = packed[at];
    runs += 1;
    if (runs > RUNS_KEPT_MAX || (kind !== RUN_OF_TOTAL && kind !== RUN_OF_PHASES)) return false;
    at += kind === RUN_OF_TOTAL ? TOTAL_RUN_BYTES : PHASES_RUN_BYTES;
  }
  return true;
}

/** What a sketch of so many buckets takes at most. */
export function sketchBytesMax(entries: number): number {
  return HEAD_BYTES_MAX + entries * ENTRY_BYTES_MAX;
}

/** The offset behind it. `buckets` ascend; `counts` are by bucket. */
export function writeSketch(into: Buffer, at: number, phase: number, { sum, squares, least, most }: SketchHead, buckets: Uint16Array, counts: Uint32Array): number {
  into[at] = SKETCH + phase;
  let end = writeVarint(into, writeVarint(into, at + 1, buckets.length), sum);
  end = writeVarint(into, writeVarint(into, into.writeDoubleBE(squares, end), least), most - least);
  let before = 0;
  for (const bucket of buckets) {
    end = writeVarint(into, writeVarint(into, end, bucket - before), counts[bucket]!);
    before = bucket;
  }
  return end;
}

function writeVarint(into: Buffer, at: number, value: number): number {
  let [end, rest] = [at, value];
  while (rest >= 0x80) {
    into[end] = 0x80 | rest % 0x80;
    end += 1;
    rest = Math.floor(rest / 0x80);
  }
  into[end] = rest;
  return end + 1;
}

function readRun(reader: Reader, into: TimesSink): void {
  const [dns, connect, tls] = [reader.int32(), reader.int32(), reader.int32()];
  const [send, firstByte, data] = [reader.int32(), reader.int32(), reader.int32()];
  into.value(0, dns);
  into.value(1, connect);
  into.value(2, tls);
  into.value(3, send);
  into.value(4, firstByte);
  into.value(5, data);
  into.value(CONNECTION, connect + tls);
  into.value(TRANSFER, send + firstByte + data);
}

function readSketch(packed: Buffer, reader: Reader, phase: number, into: TimesSink): void {
  const [entries, sum, squares, least] = [reader.varint(), reader.varint(), reader.double(), reader.varint()];
  into.head(phase, { sum, squares, least, most: least + reader.varint() });
  for (let n = 0, bucket = 0; n < entries; n += 1) {
    // Nearly every entry is two bytes, and a month of a hundred checks some hundred thousand entries.
    const [step, count] = [packed[reader.at]!, packed[reader.at + 1]!];
    if (step < 0x80 && count < 0x80) {
      reader.at += 2;
      bucket += step;
      into.bucket(phase, bucket, count);
    } else {
      bucket += reader.varint();
      into.bucket(phase, bucket, reader.varint());
    }
  }
}

function readSketchBefore(reader: Reader, into: TimesSink): void {
  const [phase, entries] = [known(reader.byte()), reader.int16()];
  const sum = reader.int32() * 2 ** 32 + (reader.int32() >>> 0);
  into.head(phase, { sum, squares: reader.double(), least: reader.int32(), most: reader.int32() });
  for (let n = 0; n < entries; n += 1) into.bucket(phase, reader.int16(), reader.int32());
}

function known(phase: number): number {
  if (PHASES[phase] === undefined) throw new RangeError(`stored times name the phase number ${phase}, which is none`);
  return phase;
}

/** Every read throws RangeError beyond the end. */
class Reader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  byte(): number {
    return this.#view.getUint8(this.#moved(1));
  }

  int16(): number {
    return this.#view.getInt16(this.#moved(2));
  }

  int32(): number {
    return this.#view.getInt32(this.#moved(TIME_BYTES));
  }

  double(): number {
    return this.#view.getFloat64(this.#moved(8));
  }

  varint(): number {
    for (let value = 0, scale = 1; ; scale *= 0x80) {
      const byte = this.#bytes[this.at];
      if (byte === undefined) throw new RangeError('stored times end in the middle of a number');
      this.at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  #moved(bytes: number): number {
    const at = this.at;
    this.at += bytes;
    return at;
  }
}
