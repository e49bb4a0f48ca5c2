/** An instant in ms since the epoch as ISO 8601 in UTC, to the ms. */
export function isoOf(instantMs: number): string {
  return new Date(Math.round(instantMs)).toISOString();
}

/** null stays null. */
export function isoOrNull(instantMs: number | null): string | null {
  return instantMs === null ? null : isoOf(instantMs);
}
