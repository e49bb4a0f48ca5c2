/** Run as a process by the test that kills it: appends, and says what it was offered before it acknowledges a part. */
import { writeSync } from 'node:fs';
import { aResult } from '#shared/testing/results.ts';
import { systemClock } from '#shared/time/clock.ts';
import { SqliteSpool } from '../sqlite-spool.ts';

const spool = new SqliteSpool({
  path: process.argv[2]!,
  clock: systemClock,
  onTrouble: ({ kind }) => writeSync(1, `trouble ${kind}\n`),
});
let sent = 0;
spool.onReady(() => {
  const rows = spool.peek('live', sent, 1_000);
  if (rows.length === 0) return;
  sent = rows.at(-1)!.sequence;
  writeSync(1, `offered ${sent}\n`);
  const acknowledged = sent - 30;
  if (acknowledged <= 0) return;
  writeSync(1, `acknowledging ${acknowledged}\n`);
  spool.ackThrough('live', acknowledged);
});
setInterval(() => {
  for (let n = 0; n < 20; n += 1) spool.append({ kind: 'result', result: aResult() });
}, 1);
