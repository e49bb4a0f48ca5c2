import type { MaintenanceWindow, TagScope } from '#coordinator/alerting/maintenance.ts';
import type { WindowVersion } from '#coordinator/planning/pauses.ts';

/** Is the slot due then one that is not run? By the version of each window that was in force at that instant. */
export function naivelyPaused(versions: readonly WindowVersion[], tags: readonly string[], dueAtMs: number): boolean {
  return versions.some(({ fromAtMs, untilMs, window }) => (
    fromAtMs <= dueAtMs && (untilMs === null || dueAtMs < untilMs) && speaksOf(window.pausing, tags) && naivelyOpen(window, dueAtMs)));
}

/** The instants in `(afterMs, untilMs]` at which a pause ended for checks with these tags; in order. */
export function naivePauseEnds(versions: readonly WindowVersion[], tags: readonly string[], afterMs: number, untilMs: number): readonly number[] {
  const ends = new Set<number>();
  for (const version of versions) {
    if (!speaksOf(version.window.pausing, tags)) continue;
    const candidates = [...occurrencesOf(version.window, untilMs).map(({ toMs }) => toMs), ...(version.untilMs === null ? [] : [version.untilMs])];
    for (const atMs of candidates) if (atMs > afterMs && atMs <= untilMs) ends.add(atMs);
  }
  return [...ends].filter((atMs) => naivelyPaused(versions, tags, atMs - 1) && !naivelyPaused(versions, tags, atMs)).sort((a, b) => a - b);
}

/** Is nothing told of a check with these tags now? What is paused is silent, too. */
export function naivelySilenced(windows: readonly MaintenanceWindow[], tags: readonly string[], atMs: number): boolean {
  return windows.some((window) => (speaksOf(window.pausing, tags) || speaksOf(window.silencing, tags)) && naivelyOpen(window, atMs));
}

function speaksOf(scope: TagScope, tags: readonly string[]): boolean {
  return scope.kind === 'all' || (scope.kind === 'tags' && tags.some((tag) => scope.tags.includes(tag)));
}

/** Goes through every occurrence from the first on; the windows of the simulation are young. */
export function naivelyOpen(window: MaintenanceWindow, atMs: number): boolean {
  return occurrencesOf(window, atMs).some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
}

type Occurrence = { readonly fromMs: number; readonly toMs: number };
type Known = { readonly occurrences: Occurrence[]; isAll: boolean };

const KNOWN = new WeakMap<MaintenanceWindow, Known>();

/** All that begin until then, and the one after. */
function occurrencesOf(window: MaintenanceWindow, atMs: number): readonly Occurrence[] {
  let known = KNOWN.get(window);
  if (!known) {
    const isNever = window.repeat !== null && window.repeat.untilMs !== null && window.startsAtMs > window.repeat.untilMs;
    known = { occurrences: isNever ? [] : [{ fromMs: window.startsAtMs, toMs: window.endsAtMs }], isAll: isNever || window.repeat === null };
    KNOWN.set(window, known);
  }
  while (!known.isAll && known.occurrences.at(-1)!.fromMs <= atMs) {
    const count = known.occurrences.length;
    const next = { fromMs: repeated(window.startsAtMs, window, count), toMs: repeated(window.endsAtMs, window, count) };
    if (window.repeat!.untilMs !== null && next.fromMs > window.repeat!.untilMs) known.isAll = true;
    else known.occurrences.push(next);
  }
  return known.occurrences;
}

/** The same time on the wall, so many repeats later. */
function repeated(instantMs: number, { timeZone, repeat }: MaintenanceWindow, count: number): number {
  const wall = new Date(wallOf(instantMs, timeZone));
  const steps = count * repeat!.every;
  switch (repeat!.unit) {
    case 'DAY': wall.setUTCDate(wall.getUTCDate() + steps); break;
    case 'WEEK': wall.setUTCDate(wall.getUTCDate() + 7 * steps); break;
    case 'MONTH': {
      const day = wall.getUTCDate();
      wall.setUTCDate(1);
      wall.setUTCMonth(wall.getUTCMonth() + steps);
      // A shorter month ends earlier.
      wall.setUTCDate(Math.min(day, new Date(Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth() + 1, 0)).getUTCDate()));
    }
  }
  return instantAt(wall.getTime(), timeZone);
}

const QUARTER_MS = 900_000;

/** Tries every offset there is. A time that comes twice is its first; one that is left out is as far behind the last one before. */
function instantAt(wallMs: number, timeZone: string): number {
  for (let offset = 14 * 4; offset >= -12 * 4; offset -= 1) {
    const instantMs = wallMs - offset * QUARTER_MS;
    if (wallOf(instantMs, timeZone) === wallMs) return instantMs;
  }
  const dayBeforeMs = wallMs - 86_400_000;
  return wallMs - (wallOf(dayBeforeMs, timeZone) - dayBeforeMs);
}

/** What the clock on the wall shows, read as if it were UTC. */
function wallOf(instantMs: number, timeZone: string): number {
  let format = FORMATS.get(timeZone);
  if (!format) {
    // Sweden writes dates as ISO does.
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
    FORMATS.set(timeZone, format);
  }
  return Date.parse(`${format.format(instantMs).replace(' ', 'T')}Z`) + (instantMs % 1000);
}

const FORMATS = new Map<string, Intl.DateTimeFormat>();
