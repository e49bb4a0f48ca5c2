/**
 * `npm run fuzz -- --replies 1000000 --seed 1`: that many replies in-process, through the real probe over a network and
 * a clock in memory. `--engines` holds the kernel-timed engine against the plain one (2,000 replies unless told otherwise).
 * `--sockets` takes real listeners on loopback instead (10,000 unless told otherwise). `--only N`
 * replays the one reply of a seed, as small as it can be made. Exits with 1 if anything did not hold.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseArgs } from 'node:util';
import { type Broken, runCampaign } from './probe/campaign.ts';
import { runOverEngines } from './probe/over-engines.ts';
import { runOverSockets } from './probe/over-sockets.ts';
import type { Tally } from './probe/tally.ts';

const { values: given } = parseArgs({
  options: {
    replies: { type: 'string' }, seed: { type: 'string', default: '1' }, only: { type: 'string' },
    sockets: { type: 'boolean', default: false }, engines: { type: 'boolean', default: false }, lanes: { type: 'string', default: '32' },
  },
});
const seed = whole('seed', given.seed);
let unhandled = 0;
process.on('unhandledRejection', (error) => {
  unhandled += 1;
  process.stderr.write(`unhandled rejection: ${String(error)}\n`);
});
let isDone = false;
// An attempt that never ends leaves nothing to do: Node then exits by itself.
process.on('exit', () => { if (!isDone) process.stderr.write(`an attempt never ended (seed ${seed})\n`); });
const isGood = given.engines ? await engines() : given.sockets ? await sockets() : await inProcess();
isDone = true;
process.exitCode = isGood && unhandled === 0 ? 0 : 1;

async function inProcess(): Promise<boolean> {
  const only = given.only === undefined ? null : whole('only', given.only);
  const range = only === null ? { from: 0, to: whole('replies', given.replies ?? '1000000') } : { from: only, to: only + 1 };
  const heapsMb: number[] = [];
  const sampleEvery = Math.max(1, Math.floor((range.to - range.from) / 20));
  const started = performance.now();
  const { tally, broken, differentials } = await runCampaign({
    seed, ...range,
    onWorld: (done) => {
      if (done < sampleEvery * (heapsMb.length + 1)) return;
      heapsMb.push(heapMb());
      if (process.stderr.isTTY) process.stderr.write(`\r${done} replies`);
    },
  });
  const seconds = (performance.now() - started) / 1000;
  show(tally, seconds);
  say(`${differentials} replies also in one segment`);
  // The first sample still holds what is loaded and compiled on first use.
  if (heapsMb.length > 2) say(`heap after collection, MB: ${heapsMb.map((mb) => mb.toFixed(1)).join(' ')}; rss ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)}`);
  for (const each of broken) say(describe(each));
  const isFlat = heapsMb.length <= 2 || Math.max(...heapsMb.slice(-5)) < (heapsMb[1] ?? 0) * 1.5 + 8;
  if (!isFlat) say('the heap grows');
  say(broken.length === 0 ? `seed ${seed}: every reply ended in an outcome` : `seed ${seed}: ${broken.length} broken`);
  return broken.length === 0 && isFlat;
}

async function sockets(): Promise<boolean> {
  const count = whole('replies', given.replies ?? '10000');
  const started = performance.now();
  const { tally, broken, connections } = await runOverSockets({ seed, count, lanes: whole('lanes', given.lanes) });
  show(tally, (performance.now() - started) / 1000);
  say(`${connections} connections seen by the servers`);
  for (const { reply, how } of broken.slice(0, 20)) say(`reply ${reply}: ${how}`);
  say(broken.length === 0 ? `seed ${seed}: every reply ended in an outcome` : `seed ${seed}: ${broken.length} broken`);
  return broken.length === 0;
}

async function engines(): Promise<boolean> {
  const count = whole('replies', given.replies ?? '2000');
  const { broken, outcomes, repeated, unseen, hasty } = await runOverEngines({ seed, count, lanes: whole('lanes', given.lanes) });
  say(`${count} replies by both engines; ${repeated} looked at more than once, ${unseen} not seen because this machine stopped every time`);
  if (hasty.length > 0) say(`${hasty.length} ended alike only alone and with a longer deadline: ${hasty.slice(0, 20).join(', ')}`);
  say(`outcomes: ${[...outcomes].map(([name, times]) => `${name} ${times}`).join(', ')}`);
  for (const { reply, plain, kernel } of broken.slice(0, 20)) say(`reply ${reply}:\n  plain  ${plain.join('\n         ')}\n  kernel ${kernel.join('\n         ')}`);
  say(broken.length === 0 ? `seed ${seed}: both engines end alike` : `seed ${seed}: ${broken.length} differ`);
  return broken.length === 0;
}

function show(tally: Tally, seconds: number): void {
  const listed = (counts: ReadonlyMap<string, number>): string => [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
  say(`${tally.replies} replies in ${seconds.toFixed(1)} s, ${Math.round(tally.replies / seconds)}/s, ${(tally.bytes / 2 ** 20).toFixed(1)} MiB delivered`);
  say(`outcomes: ${listed(tally.outcomes)}`);
  say(`stop reasons: ${listed(tally.stopReasons)}`);
  say(`failure codes: ${listed(tally.codes)}`);
  if (tally.unseen.length > 0) say(`never seen: ${tally.unseen.join(', ')}`);
}

function describe({ reply, law, how, spec, shrunk }: Broken): string {
  const events = shrunk?.events.map(({ gapUs, afterWrites, what }) => ({ gapUs, afterWrites, ...(what.kind === 'data' ? { data: Buffer.from(what.bytes).toString('latin1') } : what) }));
  return [
    `reply ${reply} (replay: --seed ${seed} --only ${reply}): ${law}: ${how}`,
    `  spec ${JSON.stringify({ ...spec, payload: spec.payload === null ? null : Buffer.from(spec.payload).toString('latin1') })}`,
    `  ${shrunk === null ? 'only after the replies before it' : `shrunk to ${JSON.stringify({ ...shrunk, events })}`}`,
  ].join('\n');
}

function heapMb(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name}: ${text} is no whole number`);
  return value;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
