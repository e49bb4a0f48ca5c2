import type { Node } from 'yaml';
import type { TlsVersion } from '#shared/check/check.ts';
import type { YamlFile } from './yaml-file.ts';

/** PEM, as written in the module or in a file that is read for each probe, so that a renewed one is taken up. */
export type PemSource = { readonly kind: 'inline'; readonly pem: string } | { readonly kind: 'file'; readonly path: string };

/** A `tls_config` section, as Prometheus' programs share it. */
export type TlsConfig = {
  /** null: the roots that are there anyway. */
  readonly ca: PemSource | null;
  readonly clientCertificate: { readonly cert: PemSource; readonly key: PemSource } | null;
  /** null: the target's host. */
  readonly serverName: string | null;
  readonly insecureSkipVerify: boolean;
  readonly minVersion: TlsVersion | null;
  readonly maxVersion: TlsVersion | null;
};

const TLS_KEYS = ['ca_file', 'ca', 'cert_file', 'cert', 'key_file', 'key', 'server_name', 'insecure_skip_verify', 'min_version', 'max_version'] as const;

const VERSIONS: Readonly<Record<string, TlsVersion>> = { TLS10: 'TLSv1', TLS11: 'TLSv1.1', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' };

/** Reads a `tls_config` section; what is wrong with it is noted in the file. */
export function readTlsConfig(file: YamlFile, node: Node | null, key: string): TlsConfig {
  const entries = file.entries(node, key, TLS_KEYS);
  const pem = (name: 'ca' | 'cert' | 'key'): PemSource | null => {
    const inline = file.text(entries.get(name), `${key}.${name}`) ?? '';
    const path = file.text(entries.get(`${name}_file`), `${key}.${name}_file`) ?? '';
    if (inline !== '' && path !== '') file.problem(entries.get(name) ?? node, `${key}.${name}`, `at most one of ${name} and ${name}_file may be given`);
    if (inline !== '') return { kind: 'inline', pem: inline };
    return path === '' ? null : { kind: 'file', path };
  };
  const version = (name: 'min_version' | 'max_version'): TlsVersion | null => {
    const text = file.text(entries.get(name), `${key}.${name}`) ?? '';
    if (text === '') return null;
    const known = VERSIONS[text];
    if (known === undefined) file.problem(entries.get(name) ?? node, `${key}.${name}`, `'${text}' is no TLS version; write ${Object.keys(VERSIONS).join(', ')}`);
    return known ?? null;
  };
  const [cert, privateKey] = [pem('cert'), pem('key')];
  if ((cert === null) !== (privateKey === null)) {
    file.problem(node, key, cert === null ? 'a key needs a certificate: cert or cert_file' : 'a client certificate needs its key: key or key_file');
  }
  const [minVersion, maxVersion] = [version('min_version'), version('max_version')];
  // Their names are in order as texts.
  if (minVersion !== null && maxVersion !== null && minVersion > maxVersion) file.problem(entries.get('min_version') ?? node, `${key}.min_version`, 'is above max_version');
  const serverName = file.text(entries.get('server_name'), `${key}.server_name`) ?? '';
  return {
    ca: pem('ca'),
    clientCertificate: cert === null || privateKey === null ? null : { cert, key: privateKey },
    serverName: serverName === '' ? null : serverName,
    insecureSkipVerify: file.flag(entries.get('insecure_skip_verify'), `${key}.insecure_skip_verify`) ?? false,
    minVersion, maxVersion,
  };
}
