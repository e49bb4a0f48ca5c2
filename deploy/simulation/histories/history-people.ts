import { Random } from '../../fuzz/random.ts';
import { changeContext, openImpaired, putWindow, withdrawImpaired } from '../model/surroundings-writes.ts';
import { aWindow, GROUP_IDS, someSettings } from './history-checks.ts';
import { agentIn, type HistoryResults } from './history-results.ts';
import type { HistoryWorld } from './history-world.ts';

type Stage = { readonly world: HistoryWorld; readonly results: HistoryResults; readonly random: Random };

/** What happens beside the results, and after how many minutes in the mean. */
const HAPPENINGS: Readonly<Record<string, { readonly meanMinutes: number; readonly happen: (stage: Stage) => void }>> = {
  'an alert acknowledged': { meanMinutes: 10, happen: (stage) => sayOfAlert(stage, ({ world }) => ({ acknowledgedAtMs: Math.floor(world.engine.nowMs) })) },
  'an alert snoozed': { meanMinutes: 10, happen: (stage) => sayOfAlert(stage, ({ world, random }) => ({ snoozedUntilMs: Math.floor(world.engine.nowMs) + random.int(1, 5) * 60_000 })) },
  'an alert resolved by hand': { meanMinutes: 12, happen: (stage) => sayOfAlert(stage, () => ({ isResolved: true })) },
  'a window put': { meanMinutes: 12, happen: ({ world, random }) => {
    const window = random.chance(0.25) ? null : aWindow(world.engine.nowMs, random);
    putWindow(world.model, world.accountId, random.int(1, 3), window);
  } },
  'a check muted or not': { meanMinutes: 20, happen: ({ world, random }) => {
    const checkId = random.pick(world.checkIds);
    const check = world.definitionOf(checkId)!;
    world.model.replaceCheck(checkId, { ...check, muted: !check.muted });
  } },
  'a check activated or not': { meanMinutes: 25, happen: ({ world, random }) => {
    const checkId = random.pick(world.checkIds);
    const check = world.definitionOf(checkId)!;
    world.model.replaceCheck(checkId, { ...check, activated: !check.activated });
  } },
  'a check deleted': { meanMinutes: 200, happen: ({ world, random }) => world.model.deleteCheck(random.pick(world.checkIds)) },
  'a dependency changed': { meanMinutes: 60, happen: ({ world, random }) => {
    const index = random.int(1, world.checkIds.length - 1);
    const checkId = world.checkIds[index]!;
    world.model.replaceCheck(checkId, { ...world.definitionOf(checkId)!, dependsOn: random.chance(0.5) ? [] : [world.checkIds[0]!] });
  } },
  'settings changed': { meanMinutes: 120, happen: ({ world, random }) => changeContext(world.model, world.accountId, { alertSettings: someSettings(random) }) },
  'a group changed': { meanMinutes: 120, happen: ({ world, random }) => {
    const { groups } = world.model.judging.surroundings.contextOf(world.accountId);
    changeContext(world.model, world.accountId, { groups: new Map([...groups, [random.pick(GROUP_IDS), { name: 'a group', alertSettings: someSettings(random), isEnforced: random.chance(0.4) }]]) });
  } },
  'a location cut off': { meanMinutes: 12, happen: ({ world, results, random }) => results.cutOff(random.pick(world.locations).id, random.pick([10_000, 60_000, 240_000, 1_000_000]) * (0.3 + random.fraction())) },
  'a location told to be dark': { meanMinutes: 10, happen: ({ world, results, random }) => {
    const { outages } = world.model.judging.surroundings;
    const forMs = random.int(2, 8) * 60_000;
    for (const { id } of random.chance(0.5) ? world.locations : [random.pick(world.locations)]) {
      const key = `${world.accountId} ${id}`;
      results.cutOff(id, forMs);
      world.engine.after(60_000, () => outages.set(key, null));
      world.engine.after(forMs + 5_000, () => outages.set(key, Math.floor(world.engine.nowMs)));
    }
  } },
  'a location away': { meanMinutes: 15, happen: ({ world, random }) => {
    const { id } = random.pick(world.locations);
    world.model.appendAvailability([{ locationId: id, fromAtMs: world.engine.nowMs, available: false }]);
    world.engine.after(random.int(10, 240) * 1_000, () => world.model.appendAvailability([{ locationId: id, fromAtMs: world.engine.nowMs, available: true }]));
  } },
  'an agent cut off itself': { meanMinutes: 10, happen: ({ world, random }) => {
    const locationId = random.pick(world.locations).id;
    const nowMs = Math.floor(world.engine.nowMs);
    const fromMs = nowMs - random.int(0, 120_000);
    const span = openImpaired(world.model, { locationId, agentId: agentIn(locationId, random.pick(['1', '2'] as const)), fromMs, toMs: nowMs + random.int(-20_000, 180_000) });
    world.naiveJudge.impairedChanged(fromMs);
    if (random.chance(0.4)) world.engine.after(random.int(5, 200) * 1_000, () => { withdrawImpaired(world.model, span); world.naiveJudge.impairedChanged(fromMs); });
  } },
  'judges dying': { meanMinutes: 4, happen: ({ world, random }) => {
    world.crashChance = random.pick([0.01, 0.05]);
    world.engine.after(random.int(20, 120) * 1_000, () => { world.crashChance = 0; });
  } },
  'commits unknown': { meanMinutes: 8, happen: ({ world, random }) => {
    Object.assign(world.weather, { lostBefore: random.fraction() * 0.2, lostAfter: random.fraction() * 0.2 });
    world.engine.after(random.int(5, 40) * 1_000, () => Object.assign(world.weather, { lostBefore: 0, lostAfter: 0 }));
  } },
};

/** A seed chooses some of it, and when it happens. */
export function plotHappenings(world: HistoryWorld, results: HistoryResults, { seed, untilMs }: { readonly seed: number; readonly untilMs: number }): void {
  const choice = new Random(seed, 25);
  const share = choice.pick([0.1, 0.3, 0.6]);
  for (const [index, [name, { meanMinutes, happen }]] of Object.entries(HAPPENINGS).entries()) {
    if (!choice.chance(share)) continue;
    const random = new Random(seed, 26, index);
    const next = (afterMs: number): void => {
      const atMs = afterMs - Math.log(1 - random.fraction()) * meanMinutes * 60_000;
      if (atMs >= untilMs) return;
      world.engine.after(atMs - world.engine.nowMs, () => {
        world.engine.trace.note(world.engine.nowMs, name);
        world.sometimes(name);
        happen({ world, results, random });
        next(atMs);
      });
    };
    next(world.engine.nowMs);
  }
}

function sayOfAlert(stage: Stage, word: (stage: Stage) => Parameters<HistoryWorld['model']['judging']['say']>[1]): void {
  const open = [...stage.world.model.judging.alerts.values()].filter(({ closedAtMs }) => closedAtMs === null);
  if (open.length > 0) stage.world.model.judging.say(stage.random.pick(open).id, word(stage));
}
