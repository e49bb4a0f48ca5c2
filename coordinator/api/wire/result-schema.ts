import { z } from 'zod';
import { ASSERTION_COMPARISONS, ASSERTION_SOURCES } from '#shared/check/check.ts';
import { FAILURE_PHASES } from '#shared/run/failure.ts';
import { STOP_REASONS } from '#shared/run/report.ts';
import { OUTCOMES, TRIGGERS } from '#shared/run/result.ts';

const instant = z.iso.datetime();
const us = z.number().meta({ description: 'microseconds' });
const ms = z.number().meta({ description: 'milliseconds, µs as decimals' });

const AssertionEntity = z.object({
  source: z.enum(ASSERTION_SOURCES),
  property: z.string(),
  comparison: z.enum(ASSERTION_COMPARISONS),
  target: z.string(),
  regex: z.null(),
  passed: z.boolean(),
  actual: z.string().meta({ description: 'what was compared, at most 300 characters' }),
  error: z.string().optional().meta({ description: 'why it failed; absent when it passed' }),
});

const ErrorEntity = z.object({
  phase: z.enum(FAILURE_PHASES),
  code: z.string().meta({ example: 'ECONNREFUSED' }),
  message: z.string(),
  step: z.int().optional().meta({ description: 'index of the dialogue step that failed' }),
});

const ResponseEntity = z.object({
  text: z.string().meta({ description: 'as UTF-8; bytes that are none are shown as U+FFFD' }),
  base64: z.string().optional().meta({ description: 'the same bytes, where text cannot hold them' }),
  isTruncated: z.boolean(),
});

const TlsEntity = z.object({
  version: z.string(), cipher: z.string(), alpn: z.string().nullable(), authorized: z.boolean(), alert: z.string().nullable(),
  subject: z.string(), issuer: z.string(), subjectAltNames: z.array(z.string()), serialNumber: z.string(), fingerprint256: z.string(),
  notBefore: instant, notAfter: instant, chainNotAfter: instant,
});

const TcpCheckResult = z.object({
  request: z.object({
    hostname: z.string(), port: z.int(), ipFamily: z.enum(['IPv4', 'IPv6']), data: z.string().nullable(),
    dataFormat: z.enum(['text', 'escaped', 'hex', 'base64']), sendAfter: z.enum(['connect', 'banner']),
  }),
  resolvedAddress: z.string().nullable().meta({ description: 'the literal address that was dialled' }),
  resolvedAddresses: z.array(z.string()),
  localAddress: z.string().nullable(),
  established: z.boolean(),
  bytesSent: z.int(),
  bytesReceived: z.int(),
  response: ResponseEntity,
  error: ErrorEntity.nullable(),
  timings: z.object({ dns: us, connect: us, tls: us, send: us, firstByte: us, data: us, total: us, idle: us })
    .meta({ description: 'µs of one monotonic clock; the first six sum to total; idle, the wait that found the end of the answer, stands apart' }),
  timingPhases: z.object({ dns: ms, connection: ms, data: ms, total: ms }),
  assertions: z.array(AssertionEntity),
  stopReason: z.enum(STOP_REASONS),
  steps: z.array(z.object({ kind: z.enum(['expect', 'send', 'startTls']), us, ok: z.boolean(), detail: z.string() })),
  captures: z.record(z.string(), z.string()),
  tls: TlsEntity.nullable(),
  outcome: z.enum(OUTCOMES),
  trigger: z.enum(TRIGGERS),
  dueAt: instant.meta({ description: 'the slot; for a run outside the schedule when it was ordered' }),
  startedAt: instant,
  latenessUs: us,
  clock: z.object({
    source: z.enum(['user', 'kernel']), uncertaintyUs: us, offsetUs: us, errorUs: us, loopDelayUs: us,
  }).meta({ description: "which clock made the times, the agent's offset from the coordinator and its error, and how late the agent's event loop was" }),
  synRetransmits: z.int().optional(),
  agentId: z.string(),
  locations: z.object({ owed: z.string(), executed: z.string() }),
  checkRevision: z.int().nullable(),
  isSurplus: z.boolean().meta({ description: 'a turn that had been given away: kept, never judged or counted' }),
});

/** One attempt of a run (checkly-api.md §5.1), with what a TCP check saw. */
export const CheckResultEntity = z.object({
  id: z.string().meta({ description: "the run's id; an attempt before the final one has its number behind" }),
  name: z.string(),
  checkId: z.string().nullable().meta({ description: 'null for a run of an unsaved definition' }),
  hasFailures: z.boolean(),
  hasErrors: z.boolean().meta({ description: "trouble of the agent's own or a refusal by policy; says nothing about the target" }),
  isDegraded: z.boolean(),
  isCancelled: z.boolean(),
  overMaxResponseTime: z.boolean(),
  runLocation: z.string(),
  startedAt: instant,
  stoppedAt: instant,
  created_at: instant,
  responseTime: z.int().meta({ description: 'ms; exact in tcpCheckResult.timings' }),
  checkRunId: z.int().meta({ description: 'the same for all locations of one slot' }),
  attempts: z.int(),
  resultType: z.enum(['FINAL', 'ATTEMPT']),
  sequenceId: z.string().meta({ description: 'the same for all attempts of one run' }),
  traceId: z.null(),
  errorGroupIds: z.array(z.string()),
  tcpCheckResult: TcpCheckResult,
}).meta({ id: 'CheckResult' });

export type CheckResultWire = z.output<typeof CheckResultEntity>;
