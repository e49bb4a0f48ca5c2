import { localTimeOf, shiftLocal, instantOf, type LocalTime } from './local-time.ts';

/** Which checks a window speaks of. */
export type TagScope =
  | { readonly kind: 'none' }
  | { readonly kind: 'all' }
  /** Checks with at least one of these tags. */
  | { readonly kind: 'tags'; readonly tags: readonly string[] };

/**
 * A time in which runs are paused, notices silenced, or both. Repeats keep the clock on the wall of the time zone:
 * 02:00 stays 02:00 when summer begins, and the end likewise.
 */
export type MaintenanceWindow = {
  readonly startsAtMs: number;
  /** After `startsAtMs`; of the first occurrence. */
  readonly endsAtMs: number;
  /** IANA name, e.g. `Europe/Berlin`. */
  readonly timeZone: string;
  readonly repeat: {
    readonly unit: 'DAY' | 'WEEK' | 'MONTH';
    /** 1–365. */
    readonly every: number;
    /** No occurrence begins after this; null: without end. */
    readonly untilMs: number | null;
  } | null;
  /** Checks whose runs are skipped; they are silenced, too. */
  readonly pausing: TagScope;
  readonly silencing: TagScope;
};

export type Maintenance = {
  readonly isPaused: boolean;
  readonly isSilenced: boolean;
};

/** Is a check with these tags in maintenance at this instant, and how? An end is outside its window. */
export function isInMaintenance(windows: readonly MaintenanceWindow[], tags: readonly string[], atMs: number): Maintenance {
  const open = windows.filter((window) => isOpen(window, atMs));
  const isPaused = open.some(({ pausing }) => covers(pausing, tags));
  return { isPaused, isSilenced: isPaused || open.some(({ silencing }) => covers(silencing, tags)) };
}

/** The next instant after `atMs` at which a window that speaks of these tags begins or ends; null when none does. */
export function nextMaintenanceChange(windows: readonly MaintenanceWindow[], tags: readonly string[], atMs: number): number | null {
  const instants = windows
    .filter((window) => covers(window.pausing, tags) || covers(window.silencing, tags))
    .flatMap((window) => occurrencesAround(window, atMs).flatMap(({ fromMs, toMs }) => [fromMs, toMs]))
    .filter((instant) => instant > atMs);
  return instants.length === 0 ? null : Math.min(...instants);
}

/** Does a window of this kind lie open at `atMs`, whatever its scope? */
export function isOpen(window: MaintenanceWindow, atMs: number): boolean {
  return occurrencesAround(window, atMs).some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
}

export function covers(scope: TagScope, tags: readonly string[]): boolean {
  switch (scope.kind) {
    case 'none': return false;
    case 'all': return true;
    case 'tags': return scope.tags.some((tag) => tags.includes(tag));
  }
}

type Occurrence = { readonly fromMs: number; readonly toMs: number };

/** A window open for longer than this many of its own repeats is open all the time anyway. */
const OVERLAPS_MAX = 64;

/** Every occurrence that is open at `atMs`, and the next one. */
function occurrencesAround(window: MaintenanceWindow, atMs: number): readonly Occurrence[] {
  const first = { fromMs: window.startsAtMs, toMs: window.endsAtMs };
  const { repeat } = window;
  if (!repeat) return [first];
  const from = localTimeOf(window.startsAtMs, window.timeZone);
  const to = localTimeOf(window.endsAtMs, window.timeZone);
  const near = Math.max(0, repeatsUntil(from, localTimeOf(atMs, window.timeZone), repeat) + 1);
  const occurrences: Occurrence[] = [];
  for (let n = near; n >= Math.max(0, near - OVERLAPS_MAX); n -= 1) {
    const occurrence = n === 0 ? first : {
      fromMs: instantOf(shiftLocal(from, repeat.unit, n * repeat.every), window.timeZone),
      toMs: instantOf(shiftLocal(to, repeat.unit, n * repeat.every), window.timeZone),
    };
    if (occurrence.toMs <= atMs) break;
    if (repeat.untilMs === null || occurrence.fromMs <= repeat.untilMs) occurrences.push(occurrence);
  }
  return occurrences;
}

/** The number of the occurrence that begins last before `at`, or one off. */
function repeatsUntil(from: LocalTime, at: LocalTime, { unit, every }: NonNullable<MaintenanceWindow['repeat']>): number {
  switch (unit) {
    case 'DAY': return Math.floor((at.wallMs - from.wallMs) / (every * DAY_MS));
    case 'WEEK': return Math.floor((at.wallMs - from.wallMs) / (every * 7 * DAY_MS));
    case 'MONTH': return Math.floor((monthsOf(at) - monthsOf(from)) / every);
  }
}

function monthsOf({ wallMs }: LocalTime): number {
  const date = new Date(wallMs);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

const DAY_MS = 86_400_000;
