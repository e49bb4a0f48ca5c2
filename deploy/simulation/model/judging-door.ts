import type { AccountContext, DependencyState, JudgedCheck, JudgingStore } from '#coordinator/pipeline/judging-port.ts';
import type { JudgingModel, TakenTurn } from './judging-model.ts';

export type JudgingDoorDeps = {
  readonly model: JudgingModel;
  readonly isAlive: () => boolean;
  readonly onDeath: (callback: () => void) => void;
  /** One statement: it takes its time, may fail, and the process may die before or after it. */
  readonly call: <Answer>(what: string, apply: () => Answer) => Promise<Answer>;
  readonly onHint: (callback: () => void) => () => void;
  /** Planted: what a turn writes is there before its commit. */
  readonly writesOutsideTheTransaction: boolean;
};

/** The judge's way to Postgres: a transaction of several statements, which ends with its process or its connection. */
export function judgingDoor({ model, isAlive, onDeath, call, onHint, writesOutsideTheTransaction }: JudgingDoorDeps): JudgingStore {
  const { surroundings } = model;
  const open = new Set<TakenTurn>();
  onDeath(() => { for (const turn of open) model.rollBack(turn); });
  return {
    onJudgeHint: onHint,
    async takeJudgingTurn(options, work) {
      let taken: TakenTurn | null = null;
      let saved: readonly JudgedCheck[] = [];
      try {
        const turn = await call('takeJudgingTurn', () => {
          taken = model.take(options);
          if (isAlive()) open.add(taken);
          else model.rollBack(taken);
          return taken;
        });
        const answer = await work({
          checks: turn.checks,
          loadContext: () => (surroundings.contexts.size === 0 ? NOBODY_SAID_ANYTHING : call('loadContext', () => model.loadContexts())),
          loadOutages: () => (surroundings.outages.size === 0 ? NO_OUTAGES : call('loadOutages', () => model.loadOutages())),
          loadDependencies: (ids) => (ids.length === 0 ? NO_DEPENDENCIES : call('loadDependencies', () => model.loadDependencies(ids))),
          loadRows: (ranges, rowsMax) => call('loadRows', () => model.loadRows(turn, ranges, rowsMax)),
          save: (judged) => {
            saved = judged;
            if (judged.length === 0) return Promise.resolve();
            return call(tellsSomething(judged) ? 'saveNotices' : 'saveJudged', () => { if (writesOutsideTheTransaction) model.write(judged); });
          },
        });
        if (turn.checks.length === 0) model.rollBack(turn);
        else await call(tellsSomething(saved) ? 'commitNotices' : 'commitJudged', () => model.commit(turn, saved));
        return answer;
      } finally {
        if (taken) {
          open.delete(taken);
          model.rollBack(taken);
        }
      }
    },
  };
}

/** Answers that are the same at every look cost no trip of their own here. */
const NOBODY_SAID_ANYTHING: Promise<ReadonlyMap<string, AccountContext>> = Promise.resolve(new Map());
const NO_OUTAGES: Promise<ReadonlyMap<string, number | null>> = Promise.resolve(new Map());
const NO_DEPENDENCIES: Promise<ReadonlyMap<string, DependencyState>> = Promise.resolve(new Map());

function tellsSomething(judged: readonly JudgedCheck[]): boolean {
  return judged.some(({ notices }) => notices.length > 0);
}
