import { Buffer } from 'node:buffer';
import type { CompiledAssertion } from './compile.ts';
import type { AssertionFacts } from './facts.ts';
import { judgeAssertion } from './judge-assertion.ts';
import { responseText } from './response-text.ts';

/** An assertion on data at some moment of reading: decided for good, or open (rules.md 11). */
export type Standing = {
  readonly final: 'true' | 'false' | 'open';
  /** Would it pass if nothing more came? */
  readonly holdsNow: boolean;
};

/** The standing after exactly these bytes, worked out from nothing; `DataAssertions` does the same while bytes arrive. */
export function standingOf(compiled: CompiledAssertion, response: Uint8Array): Standing {
  const data = new DataAssertions([compiled]);
  data.feed(response);
  return data.standings()[0] ?? { final: 'open', holdsNow: true };
}

/** 100 ms an attempt (rules.md 17), in steps of the engine at up to 85 ns (measured with `npm run fuzz:patterns`), so that it is the same everywhere. */
export const PATTERN_STEPS_MAX = 1_100_000;

/**
 * The assertions on data of one attempt, fed with what arrives. Others are ignored: they are not waited for.
 *
 * Each byte is looked at once by the plain comparisons. Patterns look at all of the text again with every chunk,
 * until their budget of steps is used up; from then on only `standings` and `holdNow` evaluate them, which the
 * reader asks at the end of an answer.
 */
export class DataAssertions {
  readonly #trackers: readonly Tracker[];
  #chunks: Uint8Array[] = [];
  #length = 0;
  #stepsLeft = PATTERN_STEPS_MAX;
  readonly #lookStepsMax: number;
  #isBehind = false;
  /** Made for the first pattern that looks at the text: it is an object of its own outside of JavaScript's heap. */
  #decoder: InstanceType<typeof TextDecoder> | null = null;
  #text = '';

  /** Looks that could take more than `lookStepsMax` are left to whoever asks `isBehind`; left out: none are. */
  constructor(assertions: readonly CompiledAssertion[], lookStepsMax = Infinity) {
    this.#lookStepsMax = lookStepsMax;
    this.#trackers = assertions.filter((each) => each.assertion.source === 'RESPONSE_DATA').map(trackerOf);
  }

  /** Is there anything to wait for at all? */
  get isEmpty(): boolean {
    return this.#trackers.length === 0;
  }

  /** All decided for good: reading may stop (true for no assertions). */
  get allFinal(): boolean {
    return this.#trackers.every((tracker) => tracker.final !== 'open');
  }

  /** Have patterns not looked at the text so far because that could take too long here? Not once the budget is spent. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** The most that `holdNow` could take, in steps of patterns. */
  get holdStepsMax(): number {
    return this.#length * this.#trackers.reduce((sum, { final, compiled }) => (
      final === 'open' ? sum + (compiled.property?.cost ?? 0) + (compiled.target?.cost ?? 0) : sum), 0);
  }

  /** What was found elsewhere for the bytes so far, one for each assertion on data; returns what `holdNow` would. */
  settle(standings: readonly Standing[]): boolean {
    this.#isBehind = false;
    for (const [index, tracker] of this.#trackers.entries()) {
      if (tracker.final === 'open') tracker.final = standings[index]?.final ?? 'open';
    }
    return standings.every(({ final, holdsNow }) => final !== 'open' || holdsNow);
  }

  /** Takes the next bytes; the chunk must not change afterwards. */
  feed(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    const offset = this.#length;
    this.#length += chunk.length;
    for (const tracker of this.#trackers) {
      if (tracker.final === 'open' && tracker.bytes !== undefined) tracker.final = tracker.bytes(chunk, offset);
    }
    if (this.#trackers.some((tracker) => tracker.text !== undefined)) this.#feedPatterns(chunk);
  }

  #feedPatterns(chunk: Uint8Array): void {
    this.#decoder ??= new TextDecoder('utf-8', { ignoreBOM: true });
    this.#text += this.#decoder.decode(chunk, { stream: true });
    for (const tracker of this.#trackers) {
      if (tracker.final !== 'open' || tracker.text === undefined) continue;
      // One step a character decides "no match"; finding where one ends costs more, but is done about once.
      const steps = this.#text.length + PATTERN_OVERHEAD_STEPS;
      if (steps > this.#stepsLeft) continue;
      this.#stepsLeft -= steps;
      const { target } = tracker.compiled;
      if (target !== null && this.#text.length * target.cost > this.#lookStepsMax) {
        this.#isBehind = true;
        this.#stepsLeft -= steps;
        continue;
      }
      tracker.final = tracker.text(this.#text, (spent) => (this.#stepsLeft -= spent));
    }
  }

  /** Do all that are open hold as they stand? Then the end of an answer stops the reading. */
  holdNow(): boolean {
    if (this.#trackers.every((tracker) => tracker.final !== 'open')) return true;
    return this.standings().every((standing) => standing.final !== 'open' || standing.holdsNow);
  }

  /** One for each assertion on data, in their order. */
  standings(): readonly Standing[] {
    const facts = dataFacts(this.#trackers.some((tracker) => tracker.final === 'open') ? this.#bytes() : NOTHING);
    return this.#trackers.map((tracker) => {
      if (tracker.final !== 'open') return { final: tracker.final, holdsNow: tracker.final === 'true' };
      return { final: 'open', holdsNow: judgeAssertion(tracker.compiled, facts).passed };
    });
  }

  #bytes(): Uint8Array {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? NOTHING;
  }
}

const NOTHING = new Uint8Array(0);
const PATTERN_OVERHEAD_STEPS = 200;

type Final = Standing['final'];

/** How one assertion follows the bytes. Without either follower it stays open to the end. */
type Tracker = {
  readonly compiled: CompiledAssertion;
  final: Final;
  readonly bytes?: (chunk: Uint8Array, offset: number) => Final;
  readonly text?: (text: string, spend: (steps: number) => void) => Final;
};

function trackerOf(compiled: CompiledAssertion): Tracker {
  const { assertion: { comparison }, targetBytes } = compiled;
  const tracker = { compiled, final: 'open' as const };
  if (compiled.property !== null) return tracker;
  switch (comparison) {
    case 'NOT_EMPTY':
      return { ...tracker, bytes: () => 'true' };
    case 'IS_EMPTY':
      return { ...tracker, bytes: () => 'false' };
    case 'CONTAINS':
      return targetBytes === null ? tracker : { ...tracker, bytes: onceContained(targetBytes, 'true') };
    case 'NOT_CONTAINS':
      return targetBytes === null ? tracker : { ...tracker, bytes: onceContained(targetBytes, 'false') };
    case 'EQUALS':
      return targetBytes === null ? tracker : { ...tracker, bytes: falseOnceUnlike(targetBytes) };
    case 'MATCHES':
      return { ...tracker, text: onceMatched(compiled, 'true') };
    case 'NOT_MATCHES':
      return { ...tracker, text: onceMatched(compiled, 'false') };
    case 'NOT_EQUALS':
    case 'LESS_THAN':
    case 'GREATER_THAN':
      return tracker;
  }
}

function onceContained(wanted: Buffer, then: 'true' | 'false'): (chunk: Uint8Array) => Final {
  const overlap = Math.max(0, wanted.length - 1);
  let tail: Uint8Array = NOTHING;
  return (chunk) => {
    const searched = tail.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([tail, chunk]);
    if (searched.includes(wanted)) return then;
    tail = searched.subarray(Math.max(0, searched.length - overlap));
    return 'open';
  };
}

function falseOnceUnlike(wanted: Buffer): (chunk: Uint8Array, offset: number) => Final {
  return (chunk, offset) => {
    const expected = wanted.subarray(offset, offset + chunk.length);
    return expected.length === chunk.length && expected.equals(chunk) ? 'open' : 'false';
  };
}

/**
 * A match that ends before the last character cannot be undone by more of them. Patterns that look at the end of
 * the text (`$`) match at the last character and so stay open.
 */
function onceMatched({ target }: CompiledAssertion, then: 'true' | 'false'): NonNullable<Tracker['text']> {
  return (text, spend) => {
    if (target === null || !target.test(text)) return 'open';
    spend(text.length * target.cost);
    const match = target.find(text);
    return match !== null && match.end < text.length ? then : 'open';
  };
}

function dataFacts(bytes: Uint8Array): AssertionFacts {
  return {
    RESPONSE_DATA: responseText(bytes),
    RESPONSE_TIME: '', DNS_TIME: '', CONNECT_TIME: '', TLS_TIME: '', FIRST_BYTE_TIME: '',
    RESOLVED_ADDRESS: '', FAILURE_CODE: '', CERTIFICATE_DAYS_LEFT: '',
  };
}
