import { heardOf, type JudgedWorld } from './judged-world.ts';
import type { Book } from './naive-book.ts';
import { NaiveHistory } from './naive-history.ts';
import { shown } from './naive-notices.ts';
import type { NaiveQuestions } from './naive-questions.ts';
import type { NaiveSchedule } from './naive-schedule.ts';

type Settlement = {
  readonly world: JudgedWorld;
  readonly books: Iterable<Book>;
  readonly schedule: NaiveSchedule;
  readonly questions: NaiveQuestions;
  readonly violate: (rule: string, checkId: string, what: string) => void;
  /** After the last edit, ms. */
  readonly comparesAfterMs: number;
};

/** The books of the judge at the end: no notice without its turn, no alert that nobody was told of, and the same state from the tables alone. */
export function settleBooks({ world, books, schedule, questions, violate, comparesAfterMs }: Settlement): void {
  const { model, engine } = world;
  const { judging } = model;
  const marked = new Set([...judging.marks].map(({ checkId }) => checkId));
  for (const book of books) {
    const { checkId, notices, beliefs } = book;
    if (notices.length > 0 && !marked.has(checkId)) violate('I4', checkId, `has a notice ${notices[0]!.kind} of a turn that was never committed`);
    const open = [...judging.alerts.values()].filter((alert) => alert.checkId === checkId && alert.closedAtMs === null);
    const wanted = Number(beliefs.level !== 'none') + Number(beliefs.noDataAlertId !== null);
    if (open.length !== wanted) violate('I4', checkId, `has ${open.length} open alerts, and ${wanted} are told`);
    // What agents turn out to have been is nothing to a check that is gone.
    if (model.checks.get(checkId)?.isDeleted !== false || marked.has(checkId) || book.haveSettingsChanged || engine.nowMs - book.rulesMs <= comparesAfterMs) continue;
    const anew = new NaiveHistory(checkId, schedule);
    for (const row of model.runs.results.values()) if (row.result.checkId === checkId) anew.hear(heardOf(row));
    for (const row of model.runs.gaps.values()) if (row.gap.checkId === checkId) anew.hear(heardOf(row));
    const head = judging.states.get(checkId)?.head;
    const { state } = anew.at(book.lookedMs, questions.about(book, book.lookedMs));
    if (head && head.throughMs === state.throughMs && (head.standing !== state.standing || head.sinceMs !== state.sinceMs || head.streak !== state.streak)) {
      violate('I7', checkId, `ends as ${shown(head)} and stands ${shown(state)} by what is stored`);
    }
  }
}
