import { certificateDaysLeft } from '#shared/assertion/facts.ts';
import type { ProbeReport, StopReason, TlsFacts } from '#shared/run/report.ts';
import type { Colors } from '../output.ts';
import { safeText } from './safe-text.ts';
import { formatUs } from './waterfall.ts';

const STOPPED_BECAUSE: Readonly<Record<StopReason, string>> = {
  not_read: 'nothing was to be read',
  decided: 'everything was decided',
  closed: 'the other side closed the connection',
  end_of_answer: 'the answer was over',
  bytes: 'the byte limit was reached',
  deadline: 'the time was up',
  failed: 'of the failure',
};

/** Beside the times: where to, why it ended, the certificate, and how far the times can be trusted. */
export function factLines(report: ProbeReport, nowMs: number, colors: Colors): readonly string[] {
  const facts: readonly (readonly [string, string])[] = [
    ['addresses', addressesOf(report)],
    ...(report.tls === null ? [] : tlsFacts(report.tls, nowMs)),
    ...Object.entries(report.captures).map(([name, value]) => [`\${${name}}`, `"${value}"`] as const),
    ['stopped', `because ${STOPPED_BECAUSE[report.stopReason]}`],
    ['measured', measuredOf(report)],
  ];
  return facts.map(([title, text]) => `  ${colors.dim(safeText(title).padEnd(12))} ${safeText(text)}`);
}

function addressesOf({ resolvedAddresses, remoteAddress, localAddress }: ProbeReport): string {
  const others = resolvedAddresses.filter((address) => address !== remoteAddress);
  const dialled = remoteAddress === null ? 'none was dialled' : remoteAddress;
  return [
    dialled,
    ...(others.length === 0 ? [] : [`also resolved: ${others.join(', ')}`]),
    ...(localAddress === null ? [] : [`from ${localAddress}`]),
  ].join('; ');
}

function tlsFacts(tls: TlsFacts, nowMs: number): readonly (readonly [string, string])[] {
  const chain = tls.chainNotAfterMs === tls.notAfterMs ? '' : `; the chain until ${shownInstant(tls.chainNotAfterMs)} (${daysLeft(tls.chainNotAfterMs, nowMs)})`;
  return [
    ['tls', [tls.version, tls.cipher, tls.alpn === null ? '' : `ALPN ${tls.alpn}`, tls.authorized ? 'certificate verified' : 'certificate NOT verified', tls.alert === null ? '' : `alert ${tls.alert}`].filter((part) => part !== '').join(', ')],
    ['certificate', `${tls.subject}, issued by ${tls.issuer}`],
    ['for', tls.subjectAltNames.join(', ') || 'no names'],
    ['until', `${shownInstant(tls.notAfterMs)} (${daysLeft(tls.notAfterMs, nowMs)})${chain}`],
  ];
}

function daysLeft(untilMs: number, nowMs: number): string {
  const days = certificateDaysLeft(untilMs, nowMs);
  return days < 0 ? 'expired' : `${days} ${days === 1 ? 'day' : 'days'} left`;
}

function shownInstant(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString().replace('T', ' ').replace(/\.\d+Z$/, ' UTC') : 'an unknown date';
}

/** A prober that does not say how wrong it may be is not to be believed. */
function measuredOf({ clock, uncertaintyUs, loopDelayUs, synRetransmits }: ProbeReport): string {
  return [
    `${clock === 'kernel' ? 'by the kernel' : 'in user space'}, ± ${formatUs(uncertaintyUs)}`,
    `event loop late by ${formatUs(loopDelayUs)} at most`,
    ...(synRetransmits === undefined ? [] : [synRetransmits === 0 ? 'no SYN retransmitted' : `SYN retransmitted ${synRetransmits === 1 ? 'once' : `${synRetransmits} times`}: packets were lost`]),
  ].join('; ');
}
