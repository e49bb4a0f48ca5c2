import { z } from 'zod';
import { ASSERTION_COMPARISONS, ASSERTION_SOURCES } from './check.ts';
import { HOST_CHARS_MAX } from './host.ts';
import { PAYLOAD_BYTES_MAX } from './payload.ts';

/** `\xNN` is the longest spelling of a byte, and hex with spaces comes near it. */
const PAYLOAD_CHARS_MAX = PAYLOAD_BYTES_MAX * 4;
/** product.md §1: what is read of an answer. */
export const READ_BYTES_MAX = 65_536;
export const READ_DEFAULTS = { maxBytes: READ_BYTES_MAX, idleMs: 250 } as const;

const ASSERTIONS_MAX = 100;
const STEPS_MAX = 50;

const dataFormat = z.enum(['text', 'escaped', 'hex', 'base64']);

const assertionSchema = z.strictObject({
  source: z.enum(ASSERTION_SOURCES).describe('What is looked at. Times are in ms; a source without a value compares as empty.'),
  property: z.string().max(2_048).nullish()
    .describe('On RESPONSE_DATA a regular expression (at most 512 characters) whose first capture group of the first match, or whole match, is compared; no match compares as empty.'),
  comparison: z.enum(ASSERTION_COMPARISONS)
    .describe('LESS_THAN and GREATER_THAN compare numbers; MATCHES and NOT_MATCHES take a regular expression.'),
  target: z.union([z.string().max(16_384), z.number()], { error: 'the target is a string or a number' }).nullish()
    .describe('What to compare with; numbers are kept as text. May contain {{VARIABLE}}, which in a pattern stands for itself.'),
  regex: z.string().max(2_048).nullish().describe('Accepted for compatibility; has a meaning for HTTP headers only.'),
}).meta({ id: 'TcpAssertion', description: 'One expectation. All of them are judged, top to bottom; any that fails fails the check.' });

const stepSchema = z.union([
  z.strictObject({ expect: z.string().min(1).max(2_048).describe('A regular expression that the stream of bytes received so far must match; named groups become captures.') }),
  z.strictObject({ send: z.string().max(PAYLOAD_CHARS_MAX).describe('What to send; ${name} stands for an earlier capture.'), dataFormat: dataFormat.nullish() }),
  z.strictObject({ startTls: z.literal(true).describe('Start the TLS handshake here.') }),
], { error: 'a step is {"expect": "<regex>"}, {"send": "<data>", "dataFormat": "escaped"} or {"startTls": true}' })
  .meta({ id: 'TcpStep', description: 'One step of a dialogue.' });

const tlsSchema = z.strictObject({
  mode: z.enum(['none', 'implicit']).nullish().describe('`implicit`: TLS from the start. `none` (default): only by a startTls step.'),
  serverName: z.string().min(1).max(253).nullish().describe('For SNI and the certificate; left out it is the hostname, when that is a name.'),
  verify: z.boolean().nullish().describe('Verify the certificate; default true.'),
  ca: z.string().max(65_536).nullish().describe('PEM certificates, used instead of the system roots.'),
  alpn: z.array(z.string().min(1).max(255)).max(10).nullish().describe('Protocols to offer.'),
  minVersion: z.enum(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']).nullish(),
  clientCertificate: z.string().min(1).max(255).nullish().describe("Name of a client certificate in the agent's own secrets file."),
  degradedDaysLeft: z.int().min(1).max(3_650).nullish().describe('Fewer days left on the certificate chain than this is degraded.'),
  expectAlert: z.string().min(1).max(64).nullish().describe('The handshake is expected to be refused with this TLS alert.'),
}).meta({ id: 'TlsSettings' });

export const requestSchema = z.strictObject({
  hostname: z.string().min(1).max(HOST_CHARS_MAX).nullish()
    .describe('Required. DNS name or IP address, without scheme, port and brackets; may contain {{VARIABLE}}.'),
  url: z.string().min(1).max(HOST_CHARS_MAX).nullish().describe('Another name for `hostname`.'),
  port: z.int().min(1).max(65_535),
  ipFamily: z.enum(['IPv4', 'IPv6']).nullish().describe('A family is never silently swapped for the other.').meta({ default: 'IPv4' }),
  data: z.string().max(PAYLOAD_CHARS_MAX).nullish().describe('What to send, at most 16 KiB; nothing is appended. May contain {{VARIABLE}} in text and escaped form.'),
  body: z.string().max(PAYLOAD_CHARS_MAX).nullish().describe('Another name for `data`.'),
  dataFormat: dataFormat.nullish().describe('How `data` is written; escaped knows \\r \\n \\t \\0 \\\\ \\xNN \\uNNNN.').meta({ default: 'text' }),
  sendAfter: z.enum(['connect', 'banner']).nullish().describe("Send at once, or after the server's first bytes.").meta({ default: 'connect' }),
  steps: z.array(stepSchema).max(STEPS_MAX).nullish().describe('A dialogue instead of `data`.'),
  assertions: z.array(assertionSchema).max(ASSERTIONS_MAX).nullish(),
  tls: tlsSchema.nullish(),
  read: z.strictObject({
    maxBytes: z.int().min(1).max(READ_BYTES_MAX).nullish().meta({ default: READ_DEFAULTS.maxBytes }),
    idleMs: z.int().min(1).max(45_000).nullish().describe('Silence that ends an answer, ms.').meta({ default: READ_DEFAULTS.idleMs }),
  }).nullish(),
  sourceAddress: z.string().max(64).nullish().describe('IP address of the agent to connect from.'),
  dns: z.strictObject({
    server: z.string().max(64).nullish().describe('IP address of the name server to ask, with :port if it is not 53.'),
  }).nullish(),
}).meta({ id: 'TcpRequest' });
