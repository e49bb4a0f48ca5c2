import { Text, Tooltip, type TextProps } from '@mantine/core';
import { useEffect, useState } from 'react';
import { agoText } from './ago-text.ts';

const TICK_MS = 10_000;

/** "2 min ago", the exact instant on hover and focus. `at`: ISO 8601 or ms. */
export function TimeAgo({ at, ...text }: { readonly at: string | number } & TextProps) {
  const atMs = typeof at === 'number' ? at : Date.parse(at);
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <Tooltip label={exactTime(atMs)}>
      <Text component="time" dateTime={new Date(atMs).toISOString()} size="sm" {...text}>{agoText(atMs, Math.max(nowMs, Date.now()))}</Text>
    </Tooltip>
  );
}

/** In the zone of whoever looks, to the second, with the zone. */
export function exactTime(atMs: number): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' }).format(atMs);
}
