import type { Assignment, Shot } from '#shared/run/assignment.ts';
import type { AttemptResult } from '#shared/run/result.ts';
import type { ShotAnswer } from '../executor/executor.ts';
import type { ClockOffset } from '../session/clock-offset.ts';
import type { MissedSlot } from '../timetable/missed-slot.ts';
import type { ProbingLocation } from './probing.ts';
import type { SideReport } from './probing-side.ts';

/** What the probing thread is told. Instants are coordinator time: the threads' monotonic clocks have other origins. */
export type ToProbing =
  | { readonly kind: 'apply'; readonly sinceMs: number; readonly upserts: readonly Assignment[]; readonly removals: readonly string[] }
  | { readonly kind: 'endAt'; readonly lastSlotMs: number }
  | { readonly kind: 'clockOffset'; readonly offset: ClockOffset }
  | { readonly kind: 'impaired'; readonly isImpaired: boolean }
  | { readonly kind: 'location'; readonly location: ProbingLocation }
  | { readonly kind: 'shoot'; readonly shot: Shot }
  /** Rows of this weight were taken: there is room for as much again. */
  | { readonly kind: 'taken'; readonly bytes: number }
  | { readonly kind: 'report' }
  | { readonly kind: 'stop'; readonly drainMs: number };

/** What the probing thread tells. */
export type FromProbing =
  /** It has started and knows nothing yet. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'rows'; readonly rows: readonly Row[]; readonly bytes: number }
  | { readonly kind: 'answered'; readonly runId: string; readonly answer: ShotAnswer }
  | { readonly kind: 'report'; readonly report: SideReport }
  | { readonly kind: 'omitted'; readonly count: number }
  | { readonly kind: 'attemptError'; readonly error: unknown }
  /** All was told; nothing runs. */
  | { readonly kind: 'stopped' }
  /** The last thing it says: it exits with this code, and `cause` was thrown (null: nothing was). */
  | { readonly kind: 'dying'; readonly code: number; readonly cause: unknown };

export type Row =
  | { readonly kind: 'result'; readonly result: AttemptResult }
  | { readonly kind: 'gap'; readonly missed: MissedSlot };
