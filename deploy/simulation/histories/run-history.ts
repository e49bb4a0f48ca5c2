import { Random } from '../../fuzz/random.ts';
import { changeContext, putWindow } from '../model/surroundings-writes.ts';
import type { PlantName } from '../plants.ts';
import { aHistoryCheck, aWindow, GROUP_IDS, someSettings } from './history-checks.ts';
import { keepJudging } from './history-judge.ts';
import { plotHappenings } from './history-people.ts';
import { HistoryResults } from './history-results.ts';
import { HistoryWorld } from './history-world.ts';

export type HistoryOptions = {
  readonly seed: number;
  readonly plants?: ReadonlySet<PlantName>;
  readonly isTraceKept?: boolean;
  readonly stopsAtViolation?: boolean;
};

export type HistoryReport = {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
  /** Of everything that happened: the same seed gives the same. */
  readonly traceHash: string;
  readonly rows: number;
  readonly looks: number;
  readonly notices: number;
  readonly trace: readonly string[];
};

const CHECKS = 3;
const JUDGES = 2;
const MINUTES = [6, 6, 8, 10, 25] as const;
/** Nothing more happens, and what is on its way comes. */
const QUIET_MS = 4 * 60_000;
const AUDIT_EVERY_MS = 5_000;
/** A plain day, and the nights in which clocks on walls are changed. */
const STARTS_MS = ['2026-11-22T12:00:00Z', '2026-10-25T00:50:00Z', '2026-03-29T00:50:00Z', '2026-11-01T05:50:00Z'].map((text) => Date.parse(text));

/** One history: results of three checks over some minutes in whatever order they come, judged by two judges that die now and then. */
export async function runHistory({ seed, plants = new Set(), isTraceKept = false, stopsAtViolation = false }: HistoryOptions): Promise<HistoryReport> {
  const random = new Random(seed, 20);
  const startMs = random.pick(STARTS_MS);
  const world = new HistoryWorld({ seed, plants, startMs, isTraceKept });
  const { engine, model, naiveJudge } = world;
  if (stopsAtViolation) engine.isEnough = () => world.violations.length > 0;
  build(world, random);
  const untilMs = startMs + random.pick(MINUTES) * 60_000;
  const results = new HistoryResults(world, seed, untilMs + QUIET_MS);
  for (let index = 0; index < JUDGES; index += 1) keepJudging(world, `judge-${index}`, (order) => results.ordered(order));
  plotHappenings(world, results, { seed, untilMs });
  const audit = (): void => {
    naiveJudge.audit({ isCalm: world.crashChance === 0 && world.weather.lostBefore === 0 });
    engine.after(AUDIT_EVERY_MS, audit);
  };
  audit();
  await engine.runUntil(untilMs);
  world.crashChance = 0;
  Object.assign(world.weather, { lostBefore: 0, lostAfter: 0 });
  await engine.runUntil(untilMs + QUIET_MS);
  if (!engine.isEnough()) naiveJudge.settle();
  return {
    seed, violations: world.violations, counts: world.counts, traceHash: engine.trace.hash, rows: world.history.length,
    looks: world.counts.get('a look of the judge') ?? 0, notices: model.judging.notices.size, trace: engine.trace.tail,
  };
}

function build(world: HistoryWorld, random: Random): void {
  const { model, accountId } = world;
  changeContext(model, accountId, {
    alertSettings: random.chance(0.5) ? someSettings(random) : null,
    groups: new Map(GROUP_IDS.map((id) => [id, { name: `group ${id}`, alertSettings: random.chance(0.7) ? someSettings(random) : null, isEnforced: random.chance(0.4) }])),
  });
  for (let index = 0; index < CHECKS; index += 1) {
    const checkId = world.newId();
    model.createCheck(accountId, checkId, aHistoryCheck(index, world.locations.map(({ id }) => id), world.checkIds, random));
    world.checkIds.push(checkId);
  }
  for (let windowId = 1; random.chance(0.35) && windowId <= 2; windowId += 1) putWindow(model, accountId, windowId, aWindow(world.engine.nowMs + 300_000, random));
}
