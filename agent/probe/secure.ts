import { isIP } from 'node:net';
import type { TlsSettings } from '#shared/check/check.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import { type Attempt, SILENCE_US, type Stop } from './attempt.ts';
import type { ClientCertificate, Connection, Secured, TlsRequest, Trouble } from './engine/engine.ts';
import { failing, failingBy } from './failing.ts';

/** What a check that only has a `startTls` step, and no settings, means. */
const DEFAULTS: TlsSettings = {
  mode: 'none', serverName: null, verify: true, ca: null, alpn: [], minVersion: null, clientCertificate: null,
  degradedDaysLeft: null, expectAlert: null,
};

/** The end of an exchange that was to be refused with an alert, and was. */
const REFUSED_AS_WANTED: Stop = { stopReason: 'not_read', failure: null };

/**
 * One TLS handshake: from the start, or at a `startTls` step. Returns null when the exchange may go on. The
 * certificate's facts are kept also when it is not accepted.
 */
export async function secure(
  connection: Connection,
  attempt: Attempt,
  clientCertificate: ClientCertificate | null,
  step?: number,
): Promise<Stop | null> {
  attempt.phase = 'tls';
  const settings = attempt.spec.tls ?? DEFAULTS;
  const secured = await connection.startTls(tlsRequest(attempt.spec, settings, clientCertificate), attempt.deadlineUs);
  attempt.stopwatch.skip(secured.startedUs);
  attempt.stopwatch.lap('tls', secured.atUs);
  attempt.lastActivityUs = secured.atUs;
  attempt.tls = secured.facts;
  attempt.isHandshakeLast = true;
  if (settings.expectAlert !== null) return await expectAlert(connection, attempt, secured, settings.expectAlert, step);
  return secured.ok ? null : failingBy(secured.trouble, attempt, { phase: 'tls', step });
}

/**
 * Nothing will be sent or read: what the other side made of the handshake would stay unseen, because with TLS 1.3
 * this side is done first (a refused client certificate comes as an alert afterwards). The wait is idle time.
 */
export async function confirmHandshake(connection: Connection, attempt: Attempt): Promise<Stop | null> {
  if (attempt.tls?.version !== 'TLSv1.3') return null;
  const { trouble, atUs } = await verdictWithin(connection, attempt, attempt.quietUs);
  if (trouble?.kind !== 'failed' || !trouble.code.startsWith('ERR_TLS_')) return null;
  attempt.stopwatch.lap('tls', atUs);
  return failingBy(trouble, attempt, { phase: 'tls' });
}

async function expectAlert(connection: Connection, attempt: Attempt, secured: Secured, wanted: string, step: number | undefined): Promise<Stop> {
  let trouble: Trouble | null = secured.ok ? null : secured.trouble;
  if (secured.ok && secured.facts.version === 'TLSv1.3') {
    const verdict = await verdictWithin(connection, attempt, SILENCE_US);
    trouble = verdict.trouble;
    if (trouble === null) attempt.stopwatch.idle(verdict.atUs);
    else attempt.stopwatch.lap('tls', verdict.atUs);
  }
  if (trouble === null) return failing(attempt, { phase: 'tls', code: 'ERR_TLS_ALERT_MISSING', detail: `expected '${wanted}'`, step });
  const alert = trouble.kind === 'failed' ? trouble.alert : null;
  if (alert === null || !isSameAlert(alert, wanted)) return failingBy(trouble, attempt, { phase: 'tls', detail: `expected the alert '${wanted}'`, step });
  if (attempt.tls !== null) attempt.tls = { ...attempt.tls, alert };
  return REFUSED_AS_WANTED;
}

async function verdictWithin(connection: Connection, attempt: Attempt, us: number): Promise<{ readonly trouble: Trouble | null; readonly atUs: number }> {
  const untilUs = Math.min(attempt.deadlineUs, attempt.lastActivityUs + us);
  const verdict = await connection.tlsVerdict(untilUs);
  return typeof verdict === 'string' ? { trouble: null, atUs: untilUs } : verdict;
}

function tlsRequest({ hostname }: ProbeSpec, settings: TlsSettings, clientCertificate: ClientCertificate | null): TlsRequest {
  const identity = (settings.serverName ?? hostname).replace(/\.$/, '');
  return {
    serverName: isIP(identity) === 0 ? identity : null,
    identity, verify: settings.verify, ca: settings.ca, alpn: settings.alpn, minVersion: settings.minVersion, clientCertificate,
  };
}

/** `certificate_required`, `certificate-required` and `Certificate Required` are one alert. */
function isSameAlert(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

function plain(alert: string): string {
  return alert.toLowerCase().replaceAll(/[\s-]+/g, '_');
}
