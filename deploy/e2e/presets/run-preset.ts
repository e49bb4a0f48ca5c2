import { attemptWith } from '#agent/executor/attempt.ts';
import { createProbe } from '#agent/probe/probe.ts';
import { plainEngine } from '#agent/probe/engine/plain-engine.ts';
import { SecureContexts } from '#agent/probe/engine/secure-contexts.ts';
import { Deadlines } from '#agent/probe/deadlines.ts';
import { LoopDelay } from '#agent/probe/loop-delay.ts';
import { parseCheck } from '#shared/check/parse-check.ts';
import { presetRequest } from '#shared/check/presets.ts';
import { toProbeSpec } from '#shared/check/to-probe-spec.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import type { Judgement } from '#shared/run/result.ts';
import { systemClock } from '#shared/time/clock.ts';
import { type Exchange, recordingEngine } from './recording-engine.ts';
import type { PresetCase } from './real-server.ts';

export type PresetRun = { readonly report: ProbeReport; readonly judgement: Judgement; readonly exchange: Exchange };

/** One run of a preset through the parser, the probe and the judge, against 127.0.0.1 with the certificate verified. */
export async function runPreset({ preset, port, parameters = {}, implicitTls = false }: PresetCase, ca: string, maxResponseTime = 3_000): Promise<PresetRun> {
  const made = presetRequest(preset, parameters, { hostname: '127.0.0.1', port: null });
  if (!made.ok) throw new Error(made.problems.join('; '));
  const tls = implicitTls ? { mode: 'implicit' } : made.request.tls;
  const parsed = parseCheck({
    name: preset, locations: ['here'], maxResponseTime,
    request: { ...made.request, hostname: '127.0.0.1', port, ...(tls === undefined ? {} : { tls: { ...tls, ca } }) },
  });
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
  let exchange: Exchange = [];
  const deadlines = new Deadlines(systemClock);
  const engine = recordingEngine(
    plainEngine({ clock: systemClock, deadlines, secureContexts: new SecureContexts(), tcpInfo: null }),
    (recorded) => { exchange = recorded; },
  );
  const { probe } = createProbe({
    engine, deadlines, clock: systemClock, loopDelay: new LoopDelay(systemClock),
    resolver: { resolve: () => Promise.reject(new Error('a literal is not resolved')) },
    egress: () => ({ allowed: true }), clientCertificates: () => null,
  });
  const attempt = attemptWith({ probe: (spec, signal) => probe(spec, { signal }), nowMs: () => systemClock.nowMs(), isImpaired: () => false });
  const { report, ...judgement } = await attempt(toProbeSpec(parsed.check), new AbortController().signal);
  return { report, judgement, exchange };
}
