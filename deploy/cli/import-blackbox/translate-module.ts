import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import type { Module } from '#agent/blackbox/modules.ts';
import { parseGoTemplate, type TemplatePart } from '#agent/blackbox/go-template.ts';
import type { PemSource } from '#agent/blackbox/tls-config.ts';
import type { QueryResponse } from '#agent/blackbox/tcp-module.ts';
import { lineToStream } from './line-to-stream.ts';

/** Something of a module that a check says otherwise (`differs`) or cannot say at all (`lost`: no check is made). */
export type ImportNote = { readonly kind: 'differs' | 'lost'; readonly module: string; readonly key: string; readonly message: string };

/** What is the same for all checks of a module, in the API's shape. */
export type TranslatedModule = {
  readonly steps: readonly Readonly<Record<string, unknown>>[];
  readonly tls: Readonly<Record<string, unknown>> | null;
  readonly ipFamily: 'IPv4' | 'IPv6';
  readonly sourceAddress: string | null;
  /** null: the module says none. */
  readonly timeoutMs: number | null;
  readonly notes: readonly ImportNote[];
};

export type ReadPem = (path: string) => string;
export const readPemFile: ReadPem = (path) => readFileSync(path, 'utf8');

/** A tcp module as far as a check can say it; the rest is in the notes, by key. */
export function translateModule(module: Module & { kind: 'tcp' }, readPem: ReadPem): TranslatedModule {
  const notes: ImportNote[] = [];
  const note = (kind: ImportNote['kind'], key: string, message: string): void => void notes.push({ kind, module: module.name, key, message });
  const { tcp } = module;
  const steps = tcp.queryResponse.flatMap((entry, index) => stepsOf(entry, index, note));
  const startsTls = tcp.queryResponse.some(({ startTls }) => startTls);
  if (tcp.ipProtocolFallback) {
    note('differs', 'ip_protocol_fallback', tcp.preferredIpProtocol === 'ip6'
      ? 'a check never swaps the IP family: names are looked up in IPv4 here; set preferred_ip_protocol: ip6 with ip_protocol_fallback: false for IPv6'
      : 'a check never swaps the IP family: names are looked up in IPv4 only');
  }
  return {
    steps, notes, timeoutMs: module.timeoutMs,
    tls: tcp.tls || startsTls ? tlsOf(module, note, readPem) : null,
    ipFamily: tcp.preferredIpProtocol === 'ip6' && !tcp.ipProtocolFallback ? 'IPv6' : 'IPv4',
    sourceAddress: tcp.sourceIpAddress,
  };
}

type Note = (kind: ImportNote['kind'], key: string, message: string) => void;

function stepsOf(entry: QueryResponse, index: number, note: Note): readonly Readonly<Record<string, unknown>>[] {
  const key = `query_response[${index}]`;
  const steps: Record<string, unknown>[] = [];
  const parts = entry.expect === null ? [{ kind: 'bytes', bytes: entry.send } as const] : parseGoTemplate(entry.send);
  const names = new Map(parts.flatMap((part) => (part.kind === 'group' ? [[part.number ?? part.name, captureName(index, part)] as const] : [])));
  let captures: ReadonlySet<string> = new Set();
  if (entry.labels !== null) note('differs', `${key}.labels`, 'a check has no probe_expect_info: name a group in expect, and its capture is shown with each result');
  if (entry.expect !== null) {
    if (names.has(0)) note('lost', `${key}.send`, '${0}, the whole match, has no counterpart; put expect in parentheses and use ${1}');
    const stream = lineToStream(entry.expect.source, names);
    if (!stream.ok) note('lost', `${key}.expect`, stream.problem);
    else {
      steps.push({ expect: stream.pattern });
      captures = stream.captures;
    }
  }
  if (entry.expectBytes.length > 0) steps.push({ expect: `\\A${[...entry.expectBytes].map(byteInPattern).join('')}` });
  if (entry.send.length > 0) steps.push({ send: `${parts.map((part) => written(part, index, captures)).join('')}\\n`, dataFormat: 'escaped' });
  if (entry.startTls) steps.push({ startTls: true });
  return steps;
}

/** One for each entry and group: a capture lasts, and must not be taken for another entry's. */
function captureName(index: number, part: TemplatePart & { kind: 'group' }): string {
  return `step${index + 1}_${part.name}`;
}

/** As escaped data; a group that does not exist is empty, and `{{` is no variable here. */
function written(part: TemplatePart, index: number, captures: ReadonlySet<string>): string {
  if (part.kind === 'group') return captures.has(captureName(index, part)) ? `\${${captureName(index, part)}}` : '';
  return Array.from(Buffer.from(part.bytes).toString('utf8'), (character) => WRITTEN[character] ?? (/[\x00-\x1f\x7f]/.test(character) ? hexByte(character.codePointAt(0) ?? 0) : character)).join('').replaceAll('{{', '\\x7b{');
}

const WRITTEN: Readonly<Record<string, string>> = { '\\': '\\\\', '\r': '\\r', '\n': '\\n', '\t': '\\t' };

function byteInPattern(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9 _-]/.test(character) ? character : hexByte(byte);
}

function hexByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

function tlsOf({ tcp }: Module & { kind: 'tcp' }, note: Note, readPem: ReadPem): Readonly<Record<string, unknown>> {
  const { tlsConfig } = tcp;
  if (tlsConfig.maxVersion !== null) note('differs', 'tls_config.max_version', 'a check has no highest TLS version');
  if (tlsConfig.clientCertificate !== null) {
    note('lost', tlsConfig.clientCertificate.cert.kind === 'file' ? 'tls_config.cert_file' : 'tls_config.cert',
      "client certificates stay on the agents: put this one into the agent's secrets file and name it in request.tls.clientCertificate");
  }
  return {
    mode: tcp.tls ? 'implicit' : 'none',
    ...(tlsConfig.serverName === null ? {} : { serverName: tlsConfig.serverName }),
    ...(tlsConfig.insecureSkipVerify ? { verify: false } : {}),
    ...(tlsConfig.ca === null ? {} : caOf(tlsConfig.ca, note, readPem)),
    ...(tlsConfig.minVersion === null ? {} : { minVersion: tlsConfig.minVersion }),
  };
}

function caOf(source: PemSource, note: Note, readPem: ReadPem): Readonly<Record<string, string>> {
  if (source.kind === 'inline') return { ca: source.pem };
  try {
    return { ca: readPem(source.path) };
  } catch (error) {
    note('lost', 'tls_config.ca_file', `cannot be read from here: ${error instanceof Error ? error.message : String(error)}`);
    return {};
  }
}
