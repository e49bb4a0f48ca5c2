import { Buffer } from 'node:buffer';
import {
  escapedValue, hear, optionalParameter, type PresetDefinition, type PresetParameter, type PresetRequest, type PresetStep, type PresetValues, say, sayHex,
  START_TLS, TLS_BY_STEP, TLS_FROM_START,
} from './preset.ts';

/** RFC 959 §4.2: `220-` opens a text of any lines, which `220 ` ends. */
function ftpReply(code: number): PresetStep {
  return hear(`^${code}(?:-[\\x00-\\xff]*?\\n${code})?(?: [^\\n]*)?\\r?\\n`);
}

const FTP_QUIT = [say('QUIT\\r\\n'), ftpReply(221)];

/** Lines before the version are allowed (RFC 4253 §4.2). */
const SSH_VERSION = hear('^(?:[^\\n]*\\n)*?SSH-(?P<version>2\\.0|1\\.99)-(?P<software>[^\\r\\n]+)\\r?\\n');
/** Packet length, padding length, SSH_MSG_KEXINIT. */
const SSH_KEX_INIT = hear('^[\\x00-\\xff]{5}\\x14');

const mqttParameters: readonly PresetParameter[] = [
  optionalParameter('clientId', '', 'empty: the broker chooses one, so that no client is pushed out', { measured: true }),
  optionalParameter('user', '', 'empty: without a user', { measured: true }),
  optionalParameter('password', '', 'empty: without a password', { secret: true, measured: true }),
];

/** MQTT 3.1.1 §3.1: CONNECT with a clean session and 10 s of keep-alive. */
function mqttConnect(values: PresetValues): string {
  const [clientId = '', user = '', password = ''] = ['clientId', 'user', 'password'].map((name) => values[name]);
  // A password needs a user beside it, be it an empty one.
  const flags = 0x02 | (user === '' && password === '' ? 0 : 0x80) | (password === '' ? 0 : 0x40);
  const body = Buffer.concat([
    mqttText('MQTT'), Buffer.of(4, flags, 0, 10), mqttText(clientId),
    ...(flags & 0x80 ? [mqttText(user)] : []), ...(flags & 0x40 ? [mqttText(password)] : []),
  ]);
  return Buffer.concat([Buffer.of(0x10), mqttLength(body.length), body]).toString('hex');
}

function mqttText(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}

/** Seven bits a byte, the least first (§2.2.3); two bytes reach further than three values of 255 characters. */
function mqttLength(length: number): Buffer {
  return length < 128 ? Buffer.of(length) : Buffer.of((length & 0x7f) | 0x80, length >> 7);
}

function mqttRequest(values: PresetValues): PresetRequest {
  return { steps: [sayHex(mqttConnect(values)), hear('^\\x20\\x02[\\x00\\x01]\\x00'), sayHex('c0 00'), hear('^\\xd0\\x00'), sayHex('e0 00')] };
}

const httpParameters: readonly PresetParameter[] = [
  { name: 'host', about: 'for the Host header', whenUnset: { kind: 'target' }, isSecret: false, isMeasured: false },
  optionalParameter('path', '/', 'path and query'),
  optionalParameter('method', 'GET', 'GET or HEAD'),
];

function httpRequest(values: PresetValues): PresetRequest {
  const [host = '', path = '', method = ''] = ['host', 'path', 'method'].map((name) => escapedValue(values[name] ?? ''));
  return {
    data: `${method} ${path} HTTP/1.1\\r\\nHost: ${host}\\r\\nUser-Agent: sonde\\r\\nAccept: */*\\r\\nConnection: close\\r\\n\\r\\n`,
    dataFormat: 'escaped',
    assertions: [{ source: 'RESPONSE_DATA', property: '', comparison: 'MATCHES', target: '^HTTP/1\\.[01] [23]\\d\\d[ \\r]' }],
  };
}

/** Files, shells, messages and the web. */
export const OTHER_PRESETS: readonly PresetDefinition[] = [
  {
    name: 'ftp', title: 'FTP with AUTH TLS', defaultPort: 21, parameters: [],
    description: 'Greeting, AUTH TLS, the certificate, QUIT under TLS. Nobody logs in.',
    build: () => ({ tls: TLS_BY_STEP, steps: [ftpReply(220), say('AUTH TLS\\r\\n'), ftpReply(234), START_TLS, ...FTP_QUIT] }),
  },
  {
    name: 'ftp-plain', title: 'FTP without TLS', defaultPort: 21, parameters: [],
    description: 'Greeting and QUIT, for a server that has no TLS. Nobody logs in.',
    build: () => ({ steps: [ftpReply(220), ...FTP_QUIT] }),
  },
  {
    name: 'ssh', title: 'SSH', defaultPort: 22, parameters: [],
    description: 'The version of the server, ours, and the beginning of the key exchange. Nobody logs in; the server may log a connection closed before authentication.',
    build: () => ({ steps: [SSH_VERSION, say('SSH-2.0-Sonde\\r\\n'), SSH_KEX_INIT] }),
  },
  {
    name: 'mqtt', title: 'MQTT', defaultPort: 1883, parameters: mqttParameters,
    description: 'CONNECT (3.1.1, clean session) accepted, PINGREQ answered, DISCONNECT. Nothing is published or subscribed to.',
    build: mqttRequest,
  },
  {
    name: 'mqtts', title: 'MQTT over TLS', defaultPort: 8883, parameters: mqttParameters,
    description: 'TLS from the start with the certificate verified, CONNECT (3.1.1, clean session) accepted, PINGREQ answered, DISCONNECT.',
    build: (values) => ({ tls: TLS_FROM_START, ...mqttRequest(values) }),
  },
  {
    name: 'http', title: 'HTTP/1.1', defaultPort: 80, parameters: httpParameters,
    description: 'One request, answered with a status of 200 to 399. Redirects are not followed.',
    build: httpRequest,
  },
  {
    name: 'https', title: 'HTTP/1.1 over TLS', defaultPort: 443, parameters: httpParameters,
    description: 'TLS from the start with the certificate verified, one request, answered with a status of 200 to 399. Redirects are not followed.',
    build: (values) => ({ tls: TLS_FROM_START, ...httpRequest(values) }),
  },
];
