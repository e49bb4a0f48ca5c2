/** Ctrl-C in the middle of a bench clears away what it started; said twice, it ends at once. */
export function onInterrupt(clearAway: () => Promise<void>): void {
  let isEnding = false;
  const end = (): void => {
    if (isEnding) process.exit(130);
    isEnding = true;
    process.stderr.write('· interrupted, clearing away\n');
    clearAway().then(() => process.exit(130), () => process.exit(130));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
}
