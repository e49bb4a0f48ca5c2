import { Buffer } from 'node:buffer';
import type { Assertion, TcpRequest } from '#shared/check/check.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import type { AssertionResult, Judgement } from '#shared/run/result.ts';
import { timingPhasesMs } from '#shared/run/timings.ts';
import { REDACTED } from '#shared/settings/secret.ts';
import type { Colors } from '../output.ts';
import { factLines } from './fact-lines.ts';
import { type ByteView, receivedLines } from './received-bytes.ts';
import { outcomeWord, paintOutcome } from './result-line.ts';
import { safeText } from './safe-text.ts';
import { stepLines } from './step-lines.ts';
import { formatUs, spansOf, waterfallLines } from './waterfall.ts';

export type RunReport = {
  /** As typed. */
  readonly target: string;
  readonly request: Pick<TcpRequest, 'assertions' | 'steps' | 'tls' | 'sendAfter'>;
  readonly report: ProbeReport;
  readonly judgement: Judgement;
  /** ms since the epoch, for the days left on certificates. */
  readonly nowMs: number;
  readonly view: ByteView;
  /** Indices of steps that send a secret: what they sent is not shown. */
  readonly secretSteps: ReadonlySet<number>;
};

/** What one probe saw, for a person: outcome, where the time went, the dialogue, each assertion, what came, and how far to trust it. */
export function runReportLines(run: RunReport, colors: Colors): readonly string[] {
  const { target, request, judgement, nowMs } = run;
  const report = withoutSecrets(run);
  const { timings, remoteAddress } = report;
  const at = remoteAddress === null ? '' : ` ${colors.dim(`at ${remoteAddress}`)}`;
  return [
    `${paintOutcome(judgement.outcome, colors)(outcomeWord(judgement.outcome))}  ${colors.bold(safeText(target))}${at}  ${(timings.totalUs / 1000).toFixed(3)} ms`,
    ...(judgement.failure === null ? [] : [`  ${safeText(judgement.failure.message)} ${colors.dim(`[${judgement.failure.phase} ${judgement.failure.code}]`)}`]),
    '',
    ...waterfallLines(spansOf(report, request), timings, colors),
    ...(request.steps.length === 0 || report.steps.length === 0 ? [] : ['', ...stepLines(request.steps, report.steps, colors), phaseSums(report, colors)]),
    ...(request.assertions.length === 0 ? [] : ['', ...request.assertions.map((assertion, index) => assertionLine(assertion, judgement.assertions[index], colors))]),
    ...exchangeLines(run),
    '',
    ...factLines(report, nowMs, colors),
  ];
}

/** The same as one JSON document. */
export function runReportDocument(run: RunReport): Record<string, unknown> {
  const { target, request: { assertions }, judgement } = run;
  const { response, ...seen } = withoutSecrets(run);
  return {
    target,
    outcome: judgement.outcome,
    error: judgement.failure,
    overMaxResponseTime: judgement.overMaxResponseTime,
    timingPhases: timingPhasesMs(seen.timings),
    assertions: assertions.map((assertion, index) => ({ ...assertion, ...judgement.assertions[index] })),
    ...seen,
    response: { text: Buffer.from(response).toString('utf8'), base64: Buffer.from(response).toString('base64') },
  };
}

function withoutSecrets({ report, secretSteps }: RunReport): ProbeReport {
  if (secretSteps.size === 0) return report;
  return { ...report, steps: report.steps.map((step, index) => (secretSteps.has(index) ? { ...step, detail: REDACTED } : step)) };
}

/** A dialogue's bars are its steps; this is what they were spent on. */
function phaseSums({ timings }: ProbeReport, colors: Colors): string {
  const phases = [['tls', timings.tlsUs], ['send', timings.sendUs], ['first byte', timings.firstByteUs], ['data', timings.dataUs]] as const;
  return colors.dim(`  in all: ${phases.filter(([, us]) => us > 0).map(([name, us]) => `${name} ${formatUs(us)}`).join(', ') || 'no time'}`);
}

function exchangeLines({ report: { bytesSent, bytesReceived, response }, view }: RunReport): readonly string[] {
  if (bytesSent === 0 && bytesReceived === 0) return [];
  const kept = bytesReceived > response.length ? `, the first ${response.length} kept` : '';
  return ['', `  sent ${bytesOf(bytesSent)}, received ${bytesOf(bytesReceived)}${kept}${bytesReceived === 0 ? '' : ':'}`, ...receivedLines(response, view)];
}

function bytesOf(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`;
}

function assertionLine(assertion: Assertion, result: AssertionResult | undefined, colors: Colors): string {
  const property = assertion.property === '' ? '' : ` /${safeText(assertion.property)}/`;
  const text = `${assertion.source}${property} ${assertion.comparison}${assertion.target === '' ? '' : ` '${safeText(assertion.target)}'`}`;
  if (result === undefined) return `  ${colors.dim(`- ${text}: not judged`)}`;
  if (result.passed) return `  ${colors.green('✓')} ${text}`;
  return `  ${colors.red('✗')} ${text}: ${safeText(result.error ?? `was '${result.actual}'`)}`;
}
