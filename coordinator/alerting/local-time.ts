/** The clock on the wall of a time zone, as if it were UTC: arithmetic on dates without daylight saving in the way. */
export type LocalTime = { readonly wallMs: number };

export function localTimeOf(instantMs: number, timeZone: string): LocalTime {
  return { wallMs: instantMs + offsetMs(instantMs, timeZone) };
}

/**
 * The instant at which the wall shows this. Of an hour that comes twice the first; an hour that is left out is read
 * with the offset from before it, so that 02:30 on such a night is half an hour after 01:59.
 */
export function instantOf({ wallMs }: LocalTime, timeZone: string): number {
  const before = offsetMs(wallMs - DAY_MS, timeZone);
  const guess = wallMs - before;
  if (offsetMs(guess, timeZone) === before) return guess;
  const after = wallMs - offsetMs(wallMs + DAY_MS, timeZone);
  return localTimeOf(after, timeZone).wallMs === wallMs ? after : guess;
}

/** Months keep the day, or take the last one of a shorter month. */
export function shiftLocal({ wallMs }: LocalTime, unit: 'DAY' | 'WEEK' | 'MONTH', count: number): LocalTime {
  if (unit !== 'MONTH') return { wallMs: wallMs + count * (unit === 'WEEK' ? 7 : 1) * DAY_MS };
  const date = new Date(wallMs);
  const month = date.getUTCMonth() + count;
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate();
  const timeOfDayMs = wallMs - Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  return { wallMs: Date.UTC(date.getUTCFullYear(), month, Math.min(date.getUTCDate(), lastDay)) + timeOfDayMs };
}

/** Is this the name of a time zone that this system knows? */
export function isTimeZone(name: string): boolean {
  try {
    formatterOf(name);
    return true;
  } catch {
    return false;
  }
}

const DAY_MS = 86_400_000;

/** Clocks on walls are changed at quarters of an hour, in every zone since 1972. */
const QUARTER_MS = 900_000;
/** Asking for an offset costs 20 µs, and the judge asks for each slot and window; so many quarters of a zone are remembered, then it begins again. */
const QUARTERS_MAX = 1_024;
const OFFSETS = new Map<string, Map<number, number>>();

/** Local time minus UTC. */
function offsetMs(instantMs: number, timeZone: string): number {
  let ofZone = OFFSETS.get(timeZone);
  if (!ofZone) OFFSETS.set(timeZone, ofZone = new Map());
  const quarter = Math.floor(instantMs / QUARTER_MS);
  let offset = ofZone.get(quarter);
  if (offset === undefined) {
    if (ofZone.size >= QUARTERS_MAX) ofZone.clear();
    offset = readOffsetMs(instantMs, timeZone);
    ofZone.set(quarter, offset);
  }
  return offset;
}

function readOffsetMs(instantMs: number, timeZone: string): number {
  const wholeSecond = Math.floor(instantMs / 1000) * 1000;
  const parts = Object.fromEntries(formatterOf(timeZone).formatToParts(wholeSecond).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(parts['year']!, parts['month']! - 1, parts['day'], parts['hour'], parts['minute'], parts['second']) - wholeSecond;
}

/** Making one costs a hundred times more than using it; there are about 600 zones. */
const FORMATTERS = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  let formatter = FORMATTERS.get(timeZone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    });
    FORMATTERS.set(timeZone, formatter);
  }
  return formatter;
}
