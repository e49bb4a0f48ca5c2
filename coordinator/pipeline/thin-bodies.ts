import type { AttemptResult } from '#shared/run/result.ts';
import type { IngestRow } from './ports.ts';

/** Checks in locations whose last body is remembered; beyond, the one remembered longest is forgotten, and its next body kept. */
const REMEMBERED_MAX = 100_000;
/** Of a body; the same length and beginning with another end is taken for the same. */
const BEGINNING_BYTES = 256;

/**
 * Bodies of passing scheduled runs are mostly the same one again. Kept are: every body of a run that did not pass or
 * was asked for by hand, the first after another outcome or another body, and one in `everyNth` of the rest; the others
 * are stored without (their length stays). Remembers in memory: after a restart the first ones are kept again.
 */
export class BodyThinning {
  readonly #everyNth: number;
  readonly #last = new Map<string, string>();

  /** 1: every body is kept. */
  constructor(everyNth: number) {
    this.#everyNth = everyNth;
  }

  thinned(rows: readonly IngestRow[]): readonly IngestRow[] {
    return this.#everyNth === 1 ? rows : rows.map((row) => (row.kind === 'gap' || this.#isKept(row.result) ? row : withoutBody(row)));
  }

  #isKept(result: AttemptResult): boolean {
    const { checkId, locationOwed, trigger, outcome, runId, report: { response } } = result;
    if (trigger !== 'schedule' && trigger !== 'retry') return true;
    const key = checkId + locationOwed;
    const before = this.#last.get(key);
    const now = `${outcome} ${response.length} ${Buffer.from(response.buffer, response.byteOffset, Math.min(BEGINNING_BYTES, response.length)).toString('latin1')}`;
    if (before !== now) this.#remember(key, now);
    return outcome !== 'passed' || before !== now || Number.parseInt(runId.slice(0, 8), 16) % this.#everyNth === 0;
  }

  #remember(key: string, body: string): void {
    if (!this.#last.has(key) && this.#last.size >= REMEMBERED_MAX) this.#last.delete(this.#last.keys().next().value ?? '');
    this.#last.set(key, body);
  }
}

function withoutBody(row: Extract<IngestRow, { kind: 'result' }>): IngestRow {
  return { ...row, result: { ...row.result, report: { ...row.result.report, response: NO_BYTES } } };
}

const NO_BYTES = new Uint8Array();
