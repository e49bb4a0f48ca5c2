/** An instant in ms since the epoch as ISO 8601 in UTC, to the ms. */
export function isoOf(instantMs: number): string {
  return new Date(Math.round(instantMs)).toISOString();
}
