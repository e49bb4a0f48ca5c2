import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import { aProbeSpec } from '#shared/testing/builders.ts';
import { sleep, systemClock } from '#shared/time/clock.ts';
import { Deadlines } from '../deadlines.ts';
import { chooseEngine } from '../engine/choose-engine.ts';
import type { EngineChoice } from '../engine/engine-choice.ts';
import { SecureContexts } from '../engine/secure-contexts.ts';
import { loadTcpInfoReader } from '../engine/tcp-info.ts';
import { LoopDelay } from '../loop-delay.ts';
import { type ProbeDeps, createProbe } from '../probe.ts';
import { whyNoKernelEngine } from './without-kernel-engine.ts';

const engineDeadlines = new Deadlines(systemClock);
const engine = chooseEngine((process.env['SONDE_TEST_ENGINE'] ?? 'plain') as EngineChoice, {
  clock: systemClock, deadlines: engineDeadlines, secureContexts: new SecureContexts(), tcpInfo: loadTcpInfoReader(),
});
await engine.chosen;
// Where there is no such engine, those tests are skipped (skip-without-kernel-engine.ts).
if (process.env['SONDE_TEST_ENGINE'] === 'kernel' && whyNoKernelEngine() === null) await untilKernelTimed();

/** A machine that is busy with other tests may need more than one check of the engine. */
async function untilKernelTimed(): Promise<void> {
  for (let looks = 0; engine.status().kind !== 'kernel'; looks += 1) {
    if (looks === 300) throw new Error(`the kernel-timed engine is to be tested, and refuses: ${engine.status().reason}`);
    await sleep(systemClock, 50);
  }
}

/** Whose times these tests see. */
export const CLOCK = engine.clock;

/** The real thing on real sockets, with an egress policy that allows all and a resolver that knows no name. */
export function probeDeps(changes: Partial<ProbeDeps> = {}): ProbeDeps {
  return {
    engine,
    resolver: { resolve: async ({ hostname }) => ({ ok: false, code: 'ENOTFOUND', message: `resolving ${hostname}: no such name`, us: 7 }) },
    egress: () => ({ allowed: true }),
    clock: systemClock,
    deadlines: engineDeadlines,
    loopDelay: new LoopDelay(systemClock),
    clientCertificates: () => null,
    ...changes,
  };
}

const deps = probeDeps();

/** One attempt against a port of loopback. */
export async function probe(port: number, changes: Partial<ProbeSpec> = {}, others: Partial<ProbeDeps> = {}): Promise<ProbeReport> {
  return await createProbe({ ...deps, ...others }).probe(aProbeSpec({ port, ...changes }));
}

/** As text, one character a byte. */
export function responseOf(report: ProbeReport): string {
  return Buffer.from(report.response).toString('latin1');
}

/** Do the phases sum to the total, each a whole number of µs? (rules.md 13) */
export function sumsUp({ timings }: ProbeReport): boolean {
  const { dnsUs, connectUs, tlsUs, sendUs, firstByteUs, dataUs, totalUs, idleUs } = timings;
  const phases = [dnsUs, connectUs, tlsUs, sendUs, firstByteUs, dataUs];
  return phases.reduce((sum, us) => sum + us, 0) === totalUs && [...phases, idleUs].every((us) => Number.isInteger(us) && us >= 0);
}

/** Does the total end with the deadline? The agent's own work before it dials is not in it. */
export function timedOutAt({ timings }: ProbeReport, limitMs: number): boolean {
  return timings.totalUs <= limitMs * 1000 && timings.totalUs > limitMs * 1000 - 50_000;
}
