/** `from`: rows came, or something else that the judge reads was changed. `isHistory`: its slot lies far behind, it waits until no more of the kind comes. */
export type Mark = { readonly order: number; readonly checkId: string; readonly firstDueMs: number | null; readonly atMs: number; readonly from: 'rows' | 'surroundings'; readonly isHistory: boolean };

/** As coordinator/store/ingest.ts and judging.ts have them. */
const HISTORY_BEHIND_MS = 15 * 60_000;
const HISTORY_QUIET_MS = 20_000;
export const HISTORY_WAITS_MAX_MS = 300_000;

/** What is to be judged anew, and from which slot on; in order of arrival. */
export class MarksModel {
  readonly #marks = new Set<Mark>();
  readonly #nowMs: () => number;
  #order = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  [Symbol.iterator](): Iterator<Mark> {
    return this.#marks.values();
  }

  /** `judgedThroughMs`: how far the check has been judged. */
  add({ checkId, firstDueMs, from, judgedThroughMs }: Pick<Mark, 'checkId' | 'firstDueMs' | 'from'> & { readonly judgedThroughMs: number }): void {
    const isHistory = from === 'rows' && firstDueMs !== null && firstDueMs < judgedThroughMs - HISTORY_BEHIND_MS;
    this.#marks.add({ order: this.#order++, checkId, firstDueMs, atMs: this.#nowMs(), from, isHistory });
  }

  /** Those that a turn may take now: all but history that is still coming in. */
  ripe(): readonly Mark[] {
    const history = Map.groupBy([...this.#marks].filter(({ isHistory }) => isHistory), ({ checkId }) => checkId);
    const nowMs = this.#nowMs();
    const isRipe = ({ isHistory, checkId }: Mark): boolean => {
      const marks = isHistory ? history.get(checkId)! : null;
      return marks === null || marks.at(-1)!.atMs < nowMs - HISTORY_QUIET_MS || marks[0]!.atMs < nowMs - HISTORY_WAITS_MAX_MS;
    };
    return [...this.#marks].filter(isRipe);
  }

  /** Checks with marks that are not among `taken`. */
  untaken(taken: ReadonlySet<Mark>, from: readonly Mark['from'][]): ReadonlySet<string> {
    return new Set([...this.#marks].filter((mark) => !taken.has(mark) && from.includes(mark.from)).map(({ checkId }) => checkId));
  }

  delete(marks: Iterable<Mark>): void {
    for (const mark of marks) this.#marks.delete(mark);
  }
}
