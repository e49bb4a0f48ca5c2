import { Buffer } from 'node:buffer';
import type { Module } from './modules.ts';
import type { PemSource, TlsConfig } from './tls-config.ts';

/** What stands in for what nobody is shown: keys, and what is sent, which may be a password. */
const SECRET = '<secret>';

/** A module for `debug=true`, as its file would say it, defaults included and without secrets. */
export function shownModule(module: Module & { kind: 'tcp' }): Readonly<Record<string, unknown>> {
  const { tcp } = module;
  return {
    prober: 'tcp',
    ...(module.timeoutMs === null ? {} : { timeout: `${module.timeoutMs}ms` }),
    tcp: {
      preferred_ip_protocol: tcp.preferredIpProtocol,
      ip_protocol_fallback: tcp.ipProtocolFallback,
      ...(tcp.sourceIpAddress === null ? {} : { source_ip_address: tcp.sourceIpAddress }),
      query_response: tcp.queryResponse.map(({ expect, labels, expectBytes, send, startTls }) => ({
        ...(expect === null ? {} : { expect: expect.source }),
        ...(labels === null ? {} : { labels: labels.map(({ name }) => name) }),
        ...(expectBytes.length === 0 ? {} : { expect_bytes: Buffer.from(expectBytes).toString('utf8') }),
        ...(send.length === 0 ? {} : { send: SECRET }),
        ...(startTls ? { starttls: true } : {}),
      })),
      tls: tcp.tls,
      tls_config: shownTlsConfig(tcp.tlsConfig),
    },
  };
}

function shownTlsConfig(config: TlsConfig): Readonly<Record<string, unknown>> {
  const { clientCertificate } = config;
  return {
    ...shownPem('ca', config.ca),
    ...shownPem('cert', clientCertificate?.cert ?? null),
    ...(clientCertificate?.key.kind === 'inline' ? { key: SECRET } : shownPem('key', clientCertificate?.key ?? null)),
    ...(config.serverName === null ? {} : { server_name: config.serverName }),
    insecure_skip_verify: config.insecureSkipVerify,
    ...(config.minVersion === null ? {} : { min_version: shownVersion(config.minVersion) }),
    ...(config.maxVersion === null ? {} : { max_version: shownVersion(config.maxVersion) }),
  };
}

function shownPem(name: string, source: PemSource | null): Readonly<Record<string, string>> {
  if (source === null) return {};
  return source.kind === 'file' ? { [`${name}_file`]: source.path } : { [name]: source.pem };
}

function shownVersion(version: string): string {
  return version === 'TLSv1' ? 'TLS10' : `TLS${version.slice(4).replace('.', '')}`;
}
