import { Text, type TextProps } from '@mantine/core';
import { agoText } from './ago-text.ts';
import { useNow } from './now.ts';

/** "2 min ago", the exact instant on hover. `at`: ISO 8601 or ms. */
export function TimeAgo({ at, ...text }: { readonly at: string | number } & TextProps) {
  const atMs = typeof at === 'number' ? at : Date.parse(at);
  return <Text component="time" dateTime={new Date(atMs).toISOString()} title={exactTime(atMs)} size="sm" {...text}>{agoText(atMs, useNow())}</Text>;
}

/** Making one takes longer than all else about a row, and a page of bars shows thousands of instants. */
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });

/** In the zone of whoever looks, to the second, with the zone. */
export function exactTime(atMs: number): string {
  return EXACT.format(atMs);
}
