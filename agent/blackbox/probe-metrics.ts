import type { TlsFacts } from '#shared/run/report.ts';
import { goName } from './distinguished-name.ts';
import type { MetricFamily } from './exposition.ts';
import { ipAddressHash } from './ip-hash.ts';
import type { ProbeSight } from './probe-target.ts';

/** What a zero time is in Go's seconds since 1970: "there was no verified chain". */
const GO_ZERO_TIME_SECONDS = -62_135_596_800;

const VERSION_NAMES: Readonly<Record<string, string>> = { TLSv1: 'TLS 1.0', 'TLSv1.1': 'TLS 1.1', 'TLSv1.2': 'TLS 1.2', 'TLSv1.3': 'TLS 1.3' };

/**
 * The metrics of one probe: blackbox_exporter's names, values and help texts, and two of our own at the end
 * (README.md in this folder has the table).
 */
export function probeMetrics(sight: ProbeSight): readonly MetricFamily[] {
  const { address, failure, timings } = sight;
  return [
    gauge('probe_success', 'Displays whether or not the probe was a success', failure === null ? 1 : 0),
    gauge('probe_duration_seconds', 'Returns how long the probe took to complete in seconds', seconds(sight.durationUs)),
    gauge('probe_dns_lookup_time_seconds', 'Returns the time taken for probe dns lookup in seconds', seconds(sight.dnsUs)),
    gauge('probe_ip_protocol', 'Specifies whether probe ip protocol is IP4 or IP6', address === null ? 0 : address.family === 'IPv4' ? 4 : 6),
    gauge('probe_ip_addr_hash', "Specifies the hash of IP address. It's useful to detect if the IP address changes.", address === null ? 0 : ipAddressHash(address.literal)),
    gauge('probe_failed_due_to_regex', 'Indicates if probe failed due to regex', sight.failedDueToRegex ? 1 : 0),
    gauge('probe_failed_due_to_bytes', 'Indicates if probe failed due to bytes', sight.failedDueToBytes ? 1 : 0),
    { name: 'probe_expect_info', help: 'Explicit content matched', samples: distinct(sight.expectInfo).map((labels) => ({ labels, value: 1 })) },
    ...(sight.tls === null ? [] : tlsMetrics(sight.tls, sight.verifiedNotAfterMs)),
    {
      name: 'probe_tcp_duration_seconds', help: 'Duration of the TCP probe by phase',
      samples: Object.entries({
        resolve: timings.dnsUs, connect: timings.connectUs, tls: timings.tlsUs, send: timings.sendUs,
        first_byte: timings.firstByteUs, data: timings.dataUs,
      }).map(([phase, us]) => ({ labels: { phase }, value: seconds(us) })),
    },
    {
      name: 'probe_failure_info', help: 'Where and why the probe failed; absent when it did not',
      samples: failure === null ? [] : [{ labels: { phase: failure.phase, code: failure.code }, value: 1 }],
    },
  ];
}

function tlsMetrics(tls: TlsFacts, verifiedNotAfterMs: number | null): readonly MetricFamily[] {
  return [
    gauge('probe_ssl_earliest_cert_expiry', 'Returns last SSL chain expiry in unixtime', Math.floor(tls.chainNotAfterMs / 1000)),
    gauge('probe_ssl_last_chain_expiry_timestamp_seconds', 'Returns last SSL chain expiry in timestamp',
      verifiedNotAfterMs === null ? GO_ZERO_TIME_SECONDS : Math.floor(verifiedNotAfterMs / 1000)),
    info('probe_ssl_last_chain_info', 'Contains SSL leaf certificate information', {
      fingerprint_sha256: tls.fingerprint256.replaceAll(':', '').toLowerCase(),
      subject: goName(tls.subject), issuer: goName(tls.issuer),
      subjectalternative: dnsNamesOf(tls).join(','), serialnumber: tls.serialNumber.toLowerCase(),
    }),
    info('probe_tls_version_info', 'Returns the TLS version used or NaN when unknown', { version: VERSION_NAMES[tls.version] ?? 'unknown' }),
    info('probe_tls_cipher_info', 'Returns the TLS cipher negotiated during handshake', { cipher: tls.cipher }),
  ];
}

/** The list has addresses as well, which are no names. */
function dnsNamesOf({ subjectAltNames }: TlsFacts): readonly string[] {
  return subjectAltNames.filter((name) => !/^[\d.]+$/.test(name) && !/[:@/]/.test(name));
}

function gauge(name: string, help: string, value: number): MetricFamily {
  return { name, help, samples: [{ labels: {}, value }] };
}

function info(name: string, help: string, labels: Readonly<Record<string, string>>): MetricFamily {
  return { name, help, samples: [{ labels, value: 1 }] };
}

function seconds(us: number): number {
  return Math.round(us) / 1e6;
}

/** A series is there once, however many entries of a module give it. */
function distinct(sets: ProbeSight['expectInfo']): ProbeSight['expectInfo'] {
  return [...new Map(sets.map((labels) => [JSON.stringify(Object.entries(labels).toSorted()), labels])).values()];
}
