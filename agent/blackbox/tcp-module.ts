import { isIP } from 'node:net';
import type { Node } from 'yaml';
import { type TemplatePart, parseGoTemplate } from './go-template.ts';
import { type LinePattern, compileLinePattern } from './line-pattern.ts';
import { type TlsConfig, readTlsConfig } from './tls-config.ts';
import type { YamlFile } from './yaml-file.ts';

/** The `tcp` section of a module, with blackbox_exporter's defaults filled in. */
export type TcpModule = {
  readonly preferredIpProtocol: 'ip4' | 'ip6';
  /** Take an address of the other family when the preferred one has none. */
  readonly ipProtocolFallback: boolean;
  readonly sourceIpAddress: string | null;
  readonly queryResponse: readonly QueryResponse[];
  /** From the start. */
  readonly tls: boolean;
  readonly tlsConfig: TlsConfig;
};

/** One entry of `query_response`; what is there happens in this order. */
export type QueryResponse = {
  /** Lines are read until one matches. */
  readonly expect: LinePattern | null;
  /** Labels of `probe_expect_info`, filled with the groups of this entry's match; null: no such metric. */
  readonly labels: readonly { readonly name: string; readonly value: readonly TemplatePart[] }[] | null;
  /** Exactly these are read; empty: none. */
  readonly expectBytes: Uint8Array;
  /** As written, without the newline that is sent after it; empty: nothing is sent. */
  readonly send: Uint8Array;
  readonly startTls: boolean;
};

const TCP_KEYS = ['preferred_ip_protocol', 'ip_protocol_fallback', 'source_ip_address', 'query_response', 'tls', 'tls_config'] as const;
const QUERY_RESPONSE_KEYS = ['expect', 'labels', 'expect_bytes', 'send', 'starttls'] as const;
const LABEL_KEYS = ['name', 'value'] as const;
/** Prometheus' data model; two underscores in front are its own. */
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Reads a `tcp` section; what is wrong with it is noted in the file. */
export function readTcpModule(file: YamlFile, node: Node | null, key: string): TcpModule {
  const entries = file.entries(node, key, TCP_KEYS);
  return {
    preferredIpProtocol: readIpProtocol(file, entries.get('preferred_ip_protocol'), `${key}.preferred_ip_protocol`),
    ipProtocolFallback: file.flag(entries.get('ip_protocol_fallback'), `${key}.ip_protocol_fallback`) ?? true,
    sourceIpAddress: readAddress(file, entries.get('source_ip_address'), `${key}.source_ip_address`),
    queryResponse: file.items(entries.get('query_response') ?? null, `${key}.query_response`)
      .map((item, index) => readQueryResponse(file, item, `${key}.query_response[${index}]`)),
    tls: file.flag(entries.get('tls'), `${key}.tls`) ?? false,
    tlsConfig: readTlsConfig(file, entries.get('tls_config') ?? null, `${key}.tls_config`),
  };
}

function readQueryResponse(file: YamlFile, node: Node, key: string): QueryResponse {
  const entries = file.entries(node, key, QUERY_RESPONSE_KEYS);
  return {
    expect: readPattern(file, entries.get('expect'), `${key}.expect`),
    labels: readLabels(file, entries.get('labels'), `${key}.labels`),
    expectBytes: file.bytes(entries.get('expect_bytes'), `${key}.expect_bytes`) ?? NOTHING,
    send: file.bytes(entries.get('send'), `${key}.send`) ?? NOTHING,
    startTls: file.flag(entries.get('starttls'), `${key}.starttls`) ?? false,
  };
}

const NOTHING = new Uint8Array(0);

function readPattern(file: YamlFile, node: Node | undefined, key: string): LinePattern | null {
  const source = file.text(node, key);
  if (source === undefined) return null;
  const compiled = compileLinePattern(source);
  if (compiled.ok) return compiled.pattern;
  file.problem(node ?? null, key, compiled.problem);
  return null;
}

function readLabels(file: YamlFile, node: Node | undefined, key: string): QueryResponse['labels'] {
  if (node === undefined) return null;
  const seen = new Set<string>();
  return file.items(node, key).map((item, index) => {
    const entries = file.entries(item, `${key}[${index}]`, LABEL_KEYS);
    const name = file.text(entries.get('name'), `${key}[${index}].name`) ?? '';
    if (!LABEL_NAME.test(name)) file.problem(entries.get('name') ?? item, `${key}[${index}].name`, `'${name}' is no label name; use letters, digits and underscores`);
    if (seen.has(name)) file.problem(entries.get('name') ?? item, `${key}[${index}].name`, `the label '${name}' is there twice`);
    seen.add(name);
    return { name, value: parseGoTemplate(file.bytes(entries.get('value'), `${key}[${index}].value`) ?? NOTHING) };
  });
}

function readIpProtocol(file: YamlFile, node: Node | undefined, key: string): 'ip4' | 'ip6' {
  const text = file.text(node, key) ?? '';
  if (text !== '' && text !== 'ip4' && text !== 'ip6') file.problem(node ?? null, key, `must be ip4 or ip6, not '${text}'`);
  return text === 'ip4' ? 'ip4' : 'ip6';
}

function readAddress(file: YamlFile, node: Node | undefined, key: string): string | null {
  const text = file.text(node, key) ?? '';
  if (text === '') return null;
  if (isIP(text) === 0) file.problem(node ?? null, key, `'${text}' is no IP address`);
  return text;
}
