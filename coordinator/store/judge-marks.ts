import type { IngestRow } from '../pipeline/ports.ts';
import type { ArrayColumn } from './binary-arrays.ts';

/** A check to be judged, from its oldest row of a batch on. */
export type JudgeMark = { readonly accountId: string; readonly checkId: string; readonly firstDueMs: number };

/** One mark for each check of a batch. What a judge does not look at (manual and deploy runs, attempts that a retry follows) leaves none. */
export function judgeMarksOf(rows: readonly IngestRow[]): readonly JudgeMark[] {
  const marks = new Map<string, JudgeMark>();
  for (const row of rows) {
    if (!isJudged(row)) continue;
    const { checkId, dueAtMs } = row.kind === 'result' ? row.result : row.gap;
    const firstDueMs = Math.min(marks.get(checkId)?.firstDueMs ?? Infinity, dueAtMs);
    marks.set(checkId, { accountId: row.accountId, checkId, firstDueMs });
  }
  return [...marks.values()];
}

function isJudged(row: IngestRow): boolean {
  if (row.kind === 'gap') return true;
  const { trigger, isFinal } = row.result;
  return !row.isSurplus && (trigger === 'confirm' || (isFinal && (trigger === 'schedule' || trigger === 'retry')));
}

export const JUDGE_MARK_COLUMNS: readonly ArrayColumn<JudgeMark>[] = [
  { type: 'uuid', of: ({ accountId }) => accountId },
  { type: 'uuid', of: ({ checkId }) => checkId },
  { type: 'timestamptz', of: ({ firstDueMs }) => firstDueMs },
];
