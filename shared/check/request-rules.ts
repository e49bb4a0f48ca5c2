import { X509Certificate } from 'node:crypto';
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { assertionProblems } from './assertion-rules.ts';
import type { DataFormat } from './check.ts';
import { classifyHost } from './host.ts';
import { decodePayload, PAYLOAD_BYTES_MAX } from './payload.ts';
import { patternProblem } from './pattern-problem.ts';
import { PLACEHOLDER } from './variables.ts';
import { problemAt, type Problem } from './problem.ts';
import { valueAt } from './schema-problems.ts';

/** The rules of `request` that a schema cannot say: hosts, payloads, patterns, what excludes what. Raw input. */
export function requestProblems(request: unknown): readonly Problem[] {
  if (typeof request !== 'object' || request === null) return [];
  const assertions = valueAt(request, ['assertions']);
  return [
    ...hostProblems(request),
    ...dataProblems(request),
    ...stepProblems(request),
    ...(Array.isArray(assertions) ? assertions.flatMap((assertion, index) => assertionProblems(assertion, `request.assertions.${index}`)) : []),
    ...addressProblems(request),
    ...caProblems(valueAt(request, ['tls', 'ca'])),
  ];
}

function hostProblems(request: object): readonly Problem[] {
  const [hostname, url] = [valueAt(request, ['hostname']) ?? null, valueAt(request, ['url']) ?? null];
  if (hostname === null && url === null) return [problemAt('request.hostname', null, 'required', 'is missing')];
  if (hostname !== null && url !== null && hostname !== url) {
    return [problemAt('request.url', url, 'left out, or the same as hostname', 'is another name for hostname, and they differ')];
  }
  const [path, host] = hostname === null ? ['request.url', url] : ['request.hostname', hostname];
  if (typeof host !== 'string' || host === '') return [];
  if (/\{\{\s*local\./.test(host)) return [problemAt(path, host, 'no agent-local variable', 'agent-local secrets never expand in a hostname')];
  const read = classifyHost(host.replaceAll(PLACEHOLDER, 'x'));
  return read.kind === 'invalid' ? [problemAt(path, host, 'a DNS name or an IP address', read.problem)] : [];
}


function dataProblems(request: object): readonly Problem[] {
  const [data, body] = [valueAt(request, ['data']) ?? null, valueAt(request, ['body']) ?? null];
  const [path, sent] = data === null ? ['request.body', body] : ['request.data', data];
  const problems: Problem[] = typeof sent === 'string' ? payloadProblems(path, sent, valueAt(request, ['dataFormat'])) : [];
  if (data !== null && body !== null && data !== body) {
    problems.push(problemAt('request.body', body, 'left out, or the same as data', 'is another name for data, and they differ'));
  }
  const steps = valueAt(request, ['steps']);
  if (sent !== null && sent !== '' && Array.isArray(steps) && steps.length > 0) {
    problems.push(problemAt('request.steps', steps, 'data or steps', 'steps are a dialogue instead of data: use one of the two'));
  }
  return problems;
}

function payloadProblems(path: string, data: string, format: unknown): Problem[] {
  const dataFormat = (format ?? 'text') as DataFormat;
  if (!['text', 'escaped', 'hex', 'base64'].includes(dataFormat)) return [];
  if ((dataFormat === 'hex' || dataFormat === 'base64') && data.search(PLACEHOLDER) >= 0) {
    return [problemAt(path, data, dataFormat, `variables work in text and escaped data, not in ${dataFormat}`)];
  }
  const decoded = decodePayload(data, dataFormat);
  if (!decoded.ok) return [problemAt(path, data, dataFormat, decoded.problem)];
  if (decoded.bytes.length <= PAYLOAD_BYTES_MAX) return [];
  return [problemAt(path, data, `at most ${PAYLOAD_BYTES_MAX} bytes`, `is ${decoded.bytes.length} bytes, at most ${PAYLOAD_BYTES_MAX} are allowed`)];
}

function stepProblems(request: object): readonly Problem[] {
  const steps = valueAt(request, ['steps']);
  if (!Array.isArray(steps)) return [];
  let isTls = valueAt(request, ['tls', 'mode']) === 'implicit';
  return steps.flatMap((step: unknown, index) => {
    const path = `request.steps.${index}`;
    const [expect, send] = [valueAt(step, ['expect']), valueAt(step, ['send'])];
    if (typeof expect === 'string') return patternProblem(`${path}.expect`, expect);
    if (typeof send === 'string') return payloadProblems(`${path}.send`, send, valueAt(step, ['dataFormat']));
    if (valueAt(step, ['startTls']) !== true) return [];
    if (isTls) return [problemAt(path, null, 'one TLS handshake', 'the connection is already TLS at this step')];
    isTls = true;
    return [];
  });
}

function addressProblems(request: object): readonly Problem[] {
  const problems: Problem[] = [];
  const source = valueAt(request, ['sourceAddress']);
  const family = valueAt(request, ['ipFamily']) ?? 'IPv4';
  if (typeof source === 'string' && !(family === 'IPv6' ? isIPv6(source) : isIPv4(source))) {
    problems.push(problemAt('request.sourceAddress', source, `an ${String(family)} address`, `'${source}' is no ${String(family)} address`));
  }
  const server = valueAt(request, ['dns', 'server']);
  if (typeof server === 'string' && !isNameServer(server)) {
    problems.push(problemAt('request.dns.server', server, 'IP address, with :port if it is not 53',
      `'${server}' is no IP address; write 192.0.2.53, 192.0.2.53:5353, 2001:db8::53 or [2001:db8::53]:5353`));
  }
  return problems;
}

function isNameServer(server: string): boolean {
  if (server.includes('%')) return false;
  if (isIP(server) !== 0) return true;
  const match = /^(?:([\d.]+)|\[([^\]]+)\]):(\d{1,5})$/.exec(server);
  if (match === null) return false;
  const [, v4, v6, port] = match;
  return (v4 === undefined ? isIPv6(v6 ?? '') : isIPv4(v4)) && Number(port) >= 1 && Number(port) <= 65_535;
}

function caProblems(ca: unknown): readonly Problem[] {
  if (typeof ca !== 'string') return [];
  const blocks = ca.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length > 0 && blocks.every(isCertificate)) return [];
  return [problemAt('request.tls.ca', ca, 'PEM certificates', 'is not one or more PEM certificates (-----BEGIN CERTIFICATE----- …)')];
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
