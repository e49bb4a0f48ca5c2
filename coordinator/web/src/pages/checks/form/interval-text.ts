const UNITS = [[86_400, 'day'], [3_600, 'hour'], [60, 'minute'], [1, 'second']] as const;

/** `10 seconds`, `1 minute`, `90 minutes`, `1 day`: exactly, in the largest unit that is whole. */
export function intervalText(seconds: number): string {
  const [size, name] = UNITS.find(([unit]) => seconds >= unit && seconds % unit === 0) ?? [1, 'second'];
  const count = Math.round(seconds / size);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

/** Roughly: `40 seconds`, `about 2 minutes`. */
export function aboutText(seconds: number): string {
  if (seconds < 90) return `about ${Math.round(seconds)} seconds`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `about ${minutes} minute${minutes === 1 ? '' : 's'}` : `about ${Math.round(minutes / 60)} hours`;
}

/** Most of what people want between 10 s and a day. */
export const EVERY_SECONDS = [10, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400] as const;
