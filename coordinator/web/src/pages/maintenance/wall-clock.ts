/** The wall clock of a zone, as `<input type="datetime-local">` has it, and the instant behind it. */

/** `2026-11-22T10:00` on the walls of `zone` at this instant. */
export function wallClockAt(atMs: number, zone: string): string {
  const parts = new Map(new Intl.DateTimeFormat('en-CA', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' })
    .formatToParts(atMs).map(({ type, value }) => [type, value]));
  return `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}T${parts.get('hour')}:${parts.get('minute')}`;
}

/**
 * The instant at which the walls of `zone` show this; null for what is no time. Of the two of an hour that comes twice
 * the one that the search meets; an hour that summer time skips counts on from before.
 */
export function instantOf(wallClock: string, zone: string): number | null {
  const asUtcMs = Date.parse(`${wallClock}Z`);
  if (Number.isNaN(asUtcMs)) return null;
  // The zone's offset there is known only there: the second guess meets it, also next to a change of it.
  let atMs = asUtcMs;
  for (let guess = 0; guess < 2; guess += 1) atMs += asUtcMs - Date.parse(`${wallClockAt(atMs, zone)}Z`);
  return atMs;
}
