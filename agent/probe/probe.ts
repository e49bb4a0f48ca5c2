import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import type { Clock } from '#shared/time/clock.ts';
import { Attempt, type Stop, type Trust } from './attempt.ts';
import { type Egress, chooseAddress } from './choose-address.ts';
import { connect } from './connect.ts';
import type { Deadlines } from './deadlines.ts';
import { type CompiledSpec, compileSpec } from './dialogue/compile-spec.ts';
import { runSteps } from './dialogue/run-steps.ts';
import type { ClientCertificate, Connection, Engine } from './engine/engine.ts';
import { failing } from './failing.ts';
import type { LoopDelay } from './loop-delay.ts';
import type { PatternWork } from './pattern-work.ts';
import { awaitBanner, readAnswer } from './read-answer.ts';
import type { Resolver } from './resolve/resolver.ts';
import { confirmHandshake, secure } from './secure.ts';
import { send } from './send.ts';
import { wasSuspended } from './suspension.ts';

export type ProbeDeps = {
  readonly engine: Engine;
  readonly resolver: Pick<Resolver, 'resolve'>;
  readonly egress: Egress;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly loopDelay: LoopDelay;
  /** The agent's own client certificates by name; null: it has no such certificate. */
  readonly clientCertificates: (name: string) => ClientCertificate | null;
  /** Where long pattern work is done; left out: here. */
  readonly patternWork?: PatternWork;
};

export type Probe = {
  /** One connect–send–read cycle. Never throws and never rejects: failure is data (product.md §2). */
  probe(spec: ProbeSpec, options?: { readonly signal?: AbortSignal | undefined }): Promise<ProbeReport>;
};

/** How well user space can time at its best: what a quiet event loop adds. */
const USER_SPACE_ERROR_US = 100;
const KERNEL_ERROR_US = 10;

export function createProbe(deps: ProbeDeps): Probe {
  return { probe: (spec, options = {}) => probe(deps, spec, options.signal) };
}

async function probe(deps: ProbeDeps, spec: ProbeSpec, signal: AbortSignal | undefined): Promise<ProbeReport> {
  const { clock, loopDelay } = deps;
  const startedMs = clock.nowMs();
  const startedUs = clock.monotonicUs();
  const compiled = compileSpec(spec);
  const attempt = new Attempt(spec, compiled.ok ? compiled.assertions : [], startedUs, deps.patternWork ?? null);
  loopDelay.enter();
  let stop: Stop;
  try {
    stop = await exchange(deps, attempt, compiled, signal);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    stop = failing(attempt, { phase: attempt.phase, code: 'ERR_AGENT_INTERNAL', detail });
  }
  loopDelay.leave();
  const endedUs = clock.monotonicUs();
  const trust = trustIn(deps, attempt, { startedUs, endedUs });
  const apartUs = (clock.nowMs() - startedMs) * 1000 - (endedUs - startedUs);
  return attempt.report(wasSuspended(attempt, stop, { loopDelayUs: trust.loopDelayUs, apartUs }) ?? stop, trust);
}

function trustIn({ loopDelay }: ProbeDeps, { clock, clockErrorUs }: Attempt, { startedUs, endedUs }: { readonly startedUs: number; readonly endedUs: number }): Trust {
  const loopDelayUs = loopDelay.longestUs(startedUs, endedUs);
  const uncertaintyUs = clock === 'kernel' ? KERNEL_ERROR_US + Math.ceil(clockErrorUs) : Math.max(USER_SPACE_ERROR_US, loopDelayUs);
  return { clock, uncertaintyUs, loopDelayUs };
}

async function exchange(deps: ProbeDeps, attempt: Attempt, compiled: CompiledSpec, signal: AbortSignal | undefined): Promise<Stop> {
  const { spec } = attempt;
  if (!compiled.ok) return failing(attempt, { phase: 'assert', code: 'ERR_AGENT_INTERNAL', detail: compiled.problem });
  const name = spec.tls?.clientCertificate ?? null;
  const clientCertificate = name === null ? null : deps.clientCertificates(name);
  if (name !== null && clientCertificate === null) {
    return failing(attempt, { phase: 'tls', code: 'ERR_AGENT_SECRET', detail: `there is no client certificate '${name}'` });
  }
  const choosing = chooseAddress(deps, attempt, signal);
  const chosen = choosing instanceof Promise ? await choosing : choosing;
  if ('stopReason' in chosen) return chosen;
  const connection = await connect(deps.engine, attempt, chosen.address, signal);
  if ('stopReason' in connection) return connection;
  try {
    return await converse(connection, attempt, compiled, clientCertificate);
  } finally {
    attempt.clock = connection.clock;
    attempt.clockErrorUs = connection.clockErrorUs;
    connection.close();
  }
}

async function converse(
  connection: Connection, attempt: Attempt, compiled: CompiledSpec & { ok: true }, clientCertificate: ClientCertificate | null,
): Promise<Stop> {
  if (attempt.spec.tls?.mode === 'implicit') {
    const stop = await secure(connection, attempt, clientCertificate);
    if (stop !== null) return stop;
  }
  const saying = compiled.steps.length > 0
    ? runSteps(connection, attempt, { steps: compiled.steps, clientCertificate })
    : sendPayload(connection, attempt);
  const stop = saying instanceof Promise ? await saying : saying;
  if (stop !== null) return stop;
  return isAnswerAwaited(attempt) ? await readAnswer(connection, attempt) : await leave(connection, attempt);
}

function sendPayload(connection: Connection, attempt: Attempt): Stop | null | Promise<Stop | null> {
  const { payload, sendAfter } = attempt.spec;
  if (payload === null || payload.length === 0) return null;
  if (sendAfter !== 'banner') return send(connection, attempt, payload);
  return awaitBanner(connection, attempt).then((stop) => stop ?? send(connection, attempt, payload));
}

/** Data assertions await an answer; so do bytes that were sent last (rules.md 12). */
function isAnswerAwaited(attempt: Attempt): boolean {
  return !attempt.data.isEmpty || (attempt.bytesSent > 0 && !attempt.answerBegun);
}

/** A dialogue that had its answers is decided; a bare connection is not read (rules.md 12). */
async function leave(connection: Connection, attempt: Attempt): Promise<Stop> {
  const stop = attempt.isHandshakeLast ? await confirmHandshake(connection, attempt) : null;
  return stop ?? { stopReason: attempt.received.total > 0 ? 'decided' : 'not_read', failure: null };
}
