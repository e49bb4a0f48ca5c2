import type { TcpRequest } from '#shared/check/check.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import type { Timings } from '#shared/run/timings.ts';
import type { Colors } from '../output.ts';

/** One bar: what took how long, and how long after the first it began. µs. */
export type Span = { readonly label: string; readonly startUs: number; readonly us: number };

const BAR_CHARS = 40;
const LABEL_CHARS = 12;

/**
 * Where the total went, in order. Without a dialogue these are the phases; in a dialogue sending and reading alternate,
 * so each step is a span of its own. They follow one another without a gap and sum to the total.
 */
export function spansOf({ timings, steps }: Pick<ProbeReport, 'timings' | 'steps'>, { tls, sendAfter }: Pick<TcpRequest, 'tls' | 'sendAfter'>): readonly Span[] {
  const { dnsUs, connectUs, tlsUs, sendUs, firstByteUs, dataUs, totalUs } = timings;
  const opening = [{ label: 'dns', us: dnsUs }, { label: 'connect', us: connectUs }];
  const [send, firstByte] = [{ label: 'send', us: sendUs }, { label: 'first byte', us: firstByteUs }];
  const isDialogue = steps.length > 0;
  const parts = isDialogue
    ? [...opening, ...(tls?.mode === 'implicit' ? [{ label: 'tls', us: tlsUs }] : []), ...steps.map(({ kind, us }, index) => ({ label: `${index + 1} ${kind}`, us }))]
    : [...opening, { label: 'tls', us: tlsUs }, ...(sendAfter === 'banner' ? [firstByte, send] : [send, firstByte]), { label: 'data', us: dataUs }];
  const spans: Span[] = [];
  let atUs = 0;
  for (const { label, us } of parts) {
    // What did not happen has no line; a literal has no dns, and shows that it had none.
    if (us > 0 || label === 'dns' || label === 'connect' || isDialogue) spans.push({ label, startUs: atUs, us });
    atUs += us;
  }
  if (isDialogue && totalUs > atUs) spans.push({ label: 'answer', startUs: atUs, us: totalUs - atUs });
  return spans;
}

/** The spans as bars under each other, each beginning where the one before ended; then the total, and what is not part of it. */
export function waterfallLines(spans: readonly Span[], { totalUs, idleUs }: Timings, colors: Colors): readonly string[] {
  return [
    ...spans.map((span) => `${row(span.label, span.us)}${barOf(span, totalUs, colors)}`),
    colors.bold(row('total', totalUs)),
    ...(idleUs === 0 ? [] : [colors.dim(`${row('idle', idleUs)}  waits that found the end of an answer, not in the total`)]),
  ];
}

/** `1,234,567 µs` */
export function formatUs(us: number): string {
  return `${String(us).replaceAll(/\B(?=(\d{3})+$)/g, ',')} µs`;
}

function row(label: string, us: number): string {
  return `  ${label.padEnd(LABEL_CHARS)} ${formatUs(us).padStart(14)}`;
}

/** What took any time at all has a mark. */
function barOf({ startUs, us }: Span, totalUs: number, colors: Colors): string {
  if (us <= 0 || totalUs <= 0) return '';
  const from = Math.min(BAR_CHARS - 1, Math.floor((startUs / totalUs) * BAR_CHARS));
  const to = Math.max(from + 1, Math.round(((startUs + us) / totalUs) * BAR_CHARS));
  return `  ${' '.repeat(from)}${colors.cyan('█'.repeat(to - from))}`;
}
