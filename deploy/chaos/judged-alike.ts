/**
 * Does every check stand as its stored history says (reliability.md I7)? The history is judged by the simulator's naive
 * judge, which shares nothing with the product's, and is told in an order that is not that of arrival.
 */
import type { Pool } from 'pg';
import type { Check } from '#shared/check/check.ts';
import type { Outcome, Trigger } from '#shared/run/result.ts';
import type { StoredFacts } from '../e2e/testing/stored-facts.ts';
import { Random } from '../fuzz/random.ts';
import { NaiveSchedule } from '../simulation/oracle/naive-schedule.ts';
import { NaiveHistory, plainQuestion } from '../simulation/oracle/naive-history.ts';
import { naiveSettings } from '../simulation/oracle/naive-settings.ts';

export type StoredStanding = { readonly checkId: string; readonly definition: Check; readonly standing: string | null; readonly sinceMs: number };

export async function readStandings(pool: Pool): Promise<readonly StoredStanding[]> {
  const { rows } = await pool.query<StoredStanding>(`
    select s.check_id as "checkId", c.definition, s.head ->> 'standing' as standing, (s.head ->> 'sinceMs')::float8 as "sinceMs"
    from check_states s join checks c on c.account_id = s.account_id and c.id = s.check_id where s.head is not null`);
  return rows;
}

/** In words, each check that does not. `seed`: of the order in which its history is told. */
export function judgedOtherwise(standings: readonly StoredStanding[], facts: StoredFacts, { nowMs, seed }: { readonly nowMs: number; readonly seed: number }): readonly string[] {
  const random = new Random(seed, 7);
  const schedule = new NaiveSchedule({ checks: new Map([...facts.epochs].map(([id, epochs]) => [id, { epochs }])), availability: facts.availability });
  return standings.flatMap(({ checkId, definition, standing, sinceMs }) => {
    const history = new NaiveHistory(checkId, schedule);
    const results = facts.results.filter((run) => run.checkId === checkId).map((run) => ({ kind: 'result' as const, run: { ...run, trigger: run.trigger as Trigger, outcome: run.outcome as Outcome, failure: null } }));
    const gaps = facts.gaps.filter((gap) => gap.checkId === checkId).map((gap) => ({ kind: 'gap' as const, gap }));
    for (const entry of shuffled([...results, ...gaps], random)) history.hear(entry);
    const { state: naive } = history.at(nowMs, plainQuestion(definition, naiveSettings(NOBODY_SAID_ANYTHING, definition), schedule.startsOf(checkId)));
    if (naive.standing === standing && (standing === null || naive.sinceMs === sinceMs)) return [];
    return [`${checkId} is ${standing} since ${iso(sinceMs)}, and its history says ${naive.standing} since ${iso(naive.sinceMs)}`];
  });
}

const NOBODY_SAID_ANYTHING = { alertSettings: null, groups: new Map(), windows: [] };

function shuffled<T>(list: readonly T[], random: Random): readonly T[] {
  return list.map((each) => ({ each, at: random.fraction() })).sort((a, b) => a.at - b.at).map(({ each }) => each);
}

function iso(ms: number): string {
  return ms < 0 ? 'ever' : new Date(ms).toISOString();
}
