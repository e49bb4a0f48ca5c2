/**
 * A process of its own that outlives whoever started Postgres, and stops Postgres when that one vanishes:
 * the pipe on stdin ends with its writer, however the writer ended, also by kill −9.
 *
 * Each line names what to guard; a line `{"kind":"dismissed"}` ends the guardian and nothing else.
 */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { stopServer } from './postgres-process.ts';

export type GuardianOrder =
  | { readonly kind: 'guard'; readonly pid: number; readonly clusterData: string; readonly removeAfter: readonly string[] }
  | { readonly kind: 'dismissed' };

// Ctrl-C in a terminal reaches everybody in it; the guardian leaves last.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

let guarded: Extract<GuardianOrder, { kind: 'guard' }> | null = null;
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as GuardianOrder;
  if (order.kind === 'dismissed') process.exit(0);
  guarded = order;
}

if (guarded) {
  await stopServer(guarded.pid, guarded.clusterData);
  for (const folder of guarded.removeAfter) rmSync(folder, { recursive: true, force: true });
}
