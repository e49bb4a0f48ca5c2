/**
 * `sonde agent` with two additions for the lab: a journal of what was acknowledged, written before the spool forgets
 * it (reliability.md I2), and an ear for `{ block: ms }`, which blocks its event loop (F26). Ends with its channel.
 */
import { appendFileSync } from 'node:fs';
import { startAgent } from '#agent/main.ts';
import { readAgentConfig } from '#agent/config.ts';
import { LANES, type Lane, type Spool } from '#agent/spool/spool.ts';
import { createLog } from '#shared/log.ts';
import { tellSupervisor } from '../local/child-message.ts';

/** Rows looked at once; an acknowledgement covers no more than the credits allow. */
const ROWS_AT_ONCE = 1_000;

const journalPath = process.env['CHAOS_JOURNAL'];
if (journalPath === undefined) throw new Error('CHAOS_JOURNAL must name a file');
const read = readAgentConfig(process.env);
if (!read.ok) throw new Error(JSON.stringify(read.problems));

const agent = await startAgent(read.config, createLog('agent', 'info'), { keepSpool: (spool) => journaled(spool, journalPath) });
await tellSupervisor({ kind: 'ready', httpUrl: agent.httpUrl });

let isStopping = false;
const stop = (): void => {
  if (isStopping) return;
  isStopping = true;
  agent.stop().then(() => process.exit(0), () => process.exit(1));
};
process.on('disconnect', stop);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
process.on('message', (message) => {
  const { block } = message as { block?: number };
  if (block === undefined) return;
  process.stderr.write(`blocking the event loop for ${block} ms\n`);
  for (const until = performance.now() + block; performance.now() < until;);
});

/** The same spool; what is acknowledged is in the journal first. A lost tail of the journal only claims less. */
function journaled(spool: Spool, path: string): Spool {
  const acknowledged = new Map<Lane, number>(LANES.map((lane) => [lane, 0]));
  return new Proxy(spool, {
    get(inner, name) {
      if (name !== 'ackThrough') {
        const value: unknown = Reflect.get(inner, name, inner);
        return typeof value === 'function' ? value.bind(inner) : value;
      }
      return (lane: Lane, sequence: number): void => {
        const lines: string[] = [];
        for (let after = acknowledged.get(lane)!; after < sequence;) {
          const rows = inner.peek(lane, after, ROWS_AT_ONCE).filter((row) => row.sequence <= sequence);
          for (const { item } of rows) if (item.kind === 'result') lines.push(`${item.result.runId} ${item.result.attempt}\n`);
          const last = rows.at(-1);
          if (!last) break;
          after = last.sequence;
        }
        acknowledged.set(lane, Math.max(acknowledged.get(lane)!, sequence));
        if (lines.length > 0) appendFileSync(path, lines.join(''));
        inner.ackThrough(lane, sequence);
      };
    },
  });
}
