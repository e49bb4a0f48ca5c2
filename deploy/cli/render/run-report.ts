import type { Assertion } from '#shared/check/check.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import type { AssertionResult, Judgement } from '#shared/run/result.ts';
import { type Timings, timingPhasesMs } from '#shared/run/timings.ts';
import type { Colors } from '../output.ts';
import { outcomeWord, paintOutcome } from './result-line.ts';
import { safeText, shortened } from './safe-text.ts';

export type RunReport = {
  /** As typed. */
  readonly target: string;
  readonly assertions: readonly Assertion[];
  readonly report: ProbeReport;
  readonly judgement: Judgement;
};

const PHASES = [
  ['dns', 'dnsUs'], ['connect', 'connectUs'], ['tls', 'tlsUs'], ['send', 'sendUs'], ['first byte', 'firstByteUs'], ['data', 'dataUs'],
] as const satisfies readonly (readonly [string, keyof Timings])[];
const BAR_CHARS = 30;
const ANSWER_CHARS = 300;

/** What one probe saw, for a person: outcome, where the time went, what came, each assertion. */
export function runReportLines({ target, assertions, report, judgement }: RunReport, colors: Colors): readonly string[] {
  const { timings, remoteAddress } = report;
  const at = remoteAddress === null ? '' : ` ${colors.dim(`at ${remoteAddress}`)}`;
  return [
    `${paintOutcome(judgement.outcome, colors)(outcomeWord(judgement.outcome))}  ${colors.bold(safeText(target))}${at}  ${ms(timings.totalUs).trim()} ms`,
    ...(judgement.failure === null ? [] : [`  ${safeText(judgement.failure.message)} ${colors.dim(`[${judgement.failure.phase} ${judgement.failure.code}]`)}`]),
    '',
    ...PHASES.flatMap(([title, key]) => (timings[key] === 0 && title === 'tls' ? [] : [phaseLine(title, timings[key], timings.totalUs, colors)])),
    `  ${colors.bold('total'.padEnd(10))} ${colors.bold(ms(timings.totalUs))} ms`,
    ...(timings.idleUs === 0 ? [] : [colors.dim(`  ${'(idle'.padEnd(10)} ${ms(timings.idleUs)} ms, the wait that found the end of the answer)`)]),
    ...(report.bytesSent === 0 && report.bytesReceived === 0 ? [] : ['', ...exchangeLines(report)]),
    ...(assertions.length === 0 ? [] : ['', ...assertions.map((assertion, index) => assertionLine(assertion, judgement.assertions[index], colors))]),
  ];
}

/** The same as one JSON document. */
export function runReportDocument({ target, assertions, report, judgement }: RunReport): Record<string, unknown> {
  const { response, ...seen } = report;
  return {
    target,
    outcome: judgement.outcome,
    error: judgement.failure,
    overMaxResponseTime: judgement.overMaxResponseTime,
    timingPhases: timingPhasesMs(report.timings),
    assertions: assertions.map((assertion, index) => ({ ...assertion, ...judgement.assertions[index] })),
    ...seen,
    response: { text: textOf(response), base64: Buffer.from(response).toString('base64') },
  };
}

function phaseLine(title: string, us: number, totalUs: number, colors: Colors): string {
  const chars = totalUs === 0 ? 0 : Math.round((us / totalUs) * BAR_CHARS);
  return `  ${title.padEnd(10)} ${ms(us)} ms${chars === 0 ? '' : `  ${colors.cyan('▬'.repeat(chars))}`}`;
}

function exchangeLines(report: ProbeReport): readonly string[] {
  const answer = report.bytesReceived === 0 ? '' : `: ${shortened(safeText(textOf(report.response)), ANSWER_CHARS)}`;
  return [`  sent ${report.bytesSent} bytes, received ${report.bytesReceived}${answer}`];
}

function assertionLine(assertion: Assertion, result: AssertionResult | undefined, colors: Colors): string {
  const property = assertion.property === '' ? '' : ` /${safeText(assertion.property)}/`;
  const text = `${assertion.source}${property} ${assertion.comparison}${assertion.target === '' ? '' : ` '${safeText(assertion.target)}'`}`;
  if (result === undefined) return `  ${colors.dim(`- ${text}: not judged`)}`;
  if (result.passed) return `  ${colors.green('✓')} ${text}`;
  return `  ${colors.red('✗')} ${text}: ${safeText(result.error ?? `was '${result.actual}'`)}`;
}

function ms(us: number): string {
  return (us / 1000).toFixed(3).padStart(10);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
