import type { FailureCode, FailurePhase } from '#shared/run/failure.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import { aReport } from '#shared/testing/a-report.ts';
import type { Random } from '../../fuzz/random.ts';
import type { Process } from '../engine/process.ts';

export type TargetState = 'up' | 'slow' | 'refusing' | 'silent' | 'unknown_name';

/** What the checks look at: each target answers, slowly, refuses, keeps silent, or has no name any more. */
export class Targets {
  readonly #random: Random;
  readonly #states = new Map<string, TargetState>();
  /** Spans of trouble, by hostname; the last may go on. */
  readonly #troubles = new Map<string, { readonly fromMs: number; toMs: number }[]>();
  readonly #nowMs: () => number;

  /** `nowMs`: true time. */
  constructor(random: Random, nowMs: () => number) {
    this.#random = random;
    this.#nowMs = nowMs;
  }

  set(hostname: string, state: TargetState): void {
    this.#states.set(hostname, state);
    const troubles = this.#troubles.get(hostname) ?? [];
    this.#troubles.set(hostname, troubles);
    const last = troubles.at(-1);
    if (last) last.toMs = Math.min(last.toMs, this.#nowMs());
    if (state !== 'up') troubles.push({ fromMs: this.#nowMs(), toMs: Infinity });
  }

  allUp(): void {
    for (const hostname of this.#states.keys()) this.set(hostname, 'up');
  }

  /** Was `target-<index>` well all the time between two instants of true time? */
  wasUp(index: number, fromMs: number, toMs: number): boolean {
    return !(this.#troubles.get(`target-${index}`) ?? []).some((trouble) => trouble.fromMs <= toMs && fromMs <= trouble.toMs);
  }

  /** One attempt from a machine; its times are that machine's monotonic clock's. */
  probe(spec: ProbeSpec, process: Process, signal: AbortSignal): Promise<ProbeReport> {
    const state = this.#states.get(spec.hostname) ?? 'up';
    const tookMs = this.#tookMs(state, spec.maxResponseTimeMs);
    const isInTime = tookMs < spec.maxResponseTimeMs;
    return new Promise((resolve) => {
      const over = (seen: TargetState): void => {
        timer.cancel();
        signal.removeEventListener('abort', broken);
        resolve(reportOf(seen, Math.min(tookMs, spec.maxResponseTimeMs)));
      };
      const broken = (): void => over('silent');
      const timer = process.setTimer(Math.min(tookMs, spec.maxResponseTimeMs), () => over(isInTime ? state : 'silent'));
      signal.addEventListener('abort', broken, { once: true });
    });
  }

  #tookMs(state: TargetState, limitMs: number): number {
    switch (state) {
      case 'up': case 'refusing': return 0.3 + this.#random.fraction() ** 3 * 200;
      case 'slow': return this.#random.fraction() * limitMs * 1.6;
      case 'silent': return Infinity;
      case 'unknown_name': return this.#random.fraction() * 60;
    }
  }
}

function reportOf(state: TargetState, tookMs: number): ProbeReport {
  const totalUs = Math.round(tookMs * 1000);
  switch (state) {
    case 'up': case 'slow':
      return aReport({ timings: { ...NO_TIME, connectUs: totalUs, totalUs } });
    case 'refusing': return failed('connect', 'ECONNREFUSED', totalUs);
    case 'silent': return failed('connect', 'SOCKET_TIMEOUT', totalUs);
    case 'unknown_name': return failed('resolve', 'ENOTFOUND', totalUs);
  }
}

function failed(phase: FailurePhase, code: FailureCode, totalUs: number): ProbeReport {
  return aReport({ timings: { ...NO_TIME, connectUs: totalUs, totalUs }, established: false, failure: { phase, code, message: 'as the simulation has it' } });
}

const NO_TIME = { dnsUs: 0, connectUs: 0, tlsUs: 0, sendUs: 0, firstByteUs: 0, dataUs: 0, totalUs: 0, idleUs: 0 };
