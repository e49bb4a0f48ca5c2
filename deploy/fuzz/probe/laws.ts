import { decideEgress } from '#shared/net/egress-policy.ts';
import { AGENT_FAULT_CODES, FAILURE_CODES, FAILURE_PHASES, type Failure } from '#shared/run/failure.ts';
import { STOP_REASONS } from '#shared/run/report.ts';
import { OUTCOMES } from '#shared/run/result.ts';
import { POLICY, type Seen } from './world.ts';

/** What holds for every attempt, whatever the world does to it. null: it holds; else what is wrong. */
export type Law = { readonly name: string; readonly broken: (seen: Seen) => string | null };

/** A resolver that hangs is ended by its caller, later than the deadline that it was to keep itself. */
const RESOLVER_GRACE_US = 2_000_000;
const FAILURE_CHARS_MAX = 2_000;

export const LAWS: readonly Law[] = [
  {
    name: 'the outcome is one of the enum, with a failure exactly where there is one',
    broken({ judgement: { outcome, failure }, spec }) {
      if (!OUTCOMES.includes(outcome)) return `outcome ${String(outcome)}`;
      const isClean = outcome === 'degraded' || (outcome === 'passed' && !spec.shouldFail);
      return isClean === (failure === null) ? null : `${outcome} with failure ${failure?.code ?? 'null'}`;
    },
  },
  {
    name: 'phases sum to the total, in whole microseconds',
    broken({ report: { timings } }) {
      const { dnsUs, connectUs, tlsUs, sendUs, firstByteUs, dataUs, totalUs, idleUs } = timings;
      const phases = [dnsUs, connectUs, tlsUs, sendUs, firstByteUs, dataUs];
      const isWhole = [...phases, totalUs, idleUs].every((us) => Number.isSafeInteger(us) && us >= 0);
      return isWhole && phases.reduce((sum, us) => sum + us, 0) === totalUs ? null : JSON.stringify(timings);
    },
  },
  {
    name: 'the total is within the time limit, and the attempt ends by it',
    broken({ report, spec, reply, tookUs }) {
      if (reply.block !== null) return null;
      const limitUs = spec.maxResponseTimeMs * 1000;
      if (report.timings.totalUs > limitUs + 1) return `total ${report.timings.totalUs}, limit ${limitUs}`;
      return tookUs <= limitUs + (spec.hostname === 'db.example' && !('ok' in reply.resolution) ? RESOLVER_GRACE_US : 1) ? null : `took ${tookUs}, limit ${limitUs}`;
    },
  },
  {
    name: 'the response is what was delivered, up to the byte limit',
    broken({ report, spec, network }) {
      if (report.bytesReceived !== network.deliveredBytes) return `${report.bytesReceived} bytes received, ${network.deliveredBytes} delivered`;
      if (report.response.length !== Math.min(network.deliveredBytes, spec.readMaxBytes)) return `${report.response.length} bytes kept of ${network.deliveredBytes}, limit ${spec.readMaxBytes}`;
      return isBeginningOf(report.response, network.delivered) ? null : 'other bytes than were delivered';
    },
  },
  {
    name: 'bytes sent are those that the kernel took',
    broken: ({ report, network }) => (report.bytesSent === network.writtenBytes ? null : `${report.bytesSent} booked, ${network.writtenBytes} taken`),
  },
  {
    name: 'the stop reason and the failure agree',
    broken({ report: { stopReason, failure } }) {
      if (!STOP_REASONS.includes(stopReason)) return `stop reason ${String(stopReason)}`;
      if (stopReason === 'failed') return failure === null ? 'failed without a failure' : null;
      return failure === null || stopReason === 'deadline' ? null : `${stopReason} with ${failure.code}`;
    },
  },
  {
    name: 'failures have a known phase and code and a sentence that can be stored',
    broken: ({ report, judgement }) => failureProblem(report.failure) ?? failureProblem(judgement.failure),
  },
  {
    name: 'texts that are kept are short, well-formed and free of NUL',
    broken({ report, judgement }) {
      const texts = [
        ...report.steps.map((step) => step.detail), ...Object.values(report.captures), ...report.resolvedAddresses,
        ...judgement.assertions.flatMap(({ actual, error }) => [actual, error ?? '']),
      ];
      const bad = texts.find((text) => text.length > 1_000 || !isStorable(text));
      return bad === undefined ? null : JSON.stringify(bad.slice(0, 200));
    },
  },
  {
    name: 'no reply is an agent fault',
    broken({ report: { failure }, reply, spec }) {
      if (failure === null || !AGENT_FAULT_CODES.has(failure.code)) return null;
      switch (failure.code) {
        case 'ERR_AGENT_INTERNAL': return reply.cancelAfterUs !== null && failure.message.includes('the attempt was cancelled') ? null : failure.message;
        case 'ERR_SUSPENDED': return reply.block !== null ? null : failure.message;
        case 'ERR_RESOLVER_DOWN': return spec.hostname === 'db.example' ? null : failure.message;
        case 'ERR_AGENT_SECRET': return spec.tls?.clientCertificate === 'missing' ? null : failure.message;
        default: return reply.connect.kind === 'failed' && reply.connect.code === failure.code ? null : failure.message;
      }
    },
  },
  {
    name: 'only an allowed address is dialled, once, and the connection is given back',
    broken({ network, report }) {
      if (network.misuses.length > 0) return network.misuses.join('; ');
      if (network.dialled.length > 1) return `dialled ${network.dialled.join(' and ')}`;
      if (network.opened !== network.closed) return `${network.opened} opened, ${network.closed} closed`;
      const denied = network.dialled.find((address) => !decideEgress(address, POLICY).allowed);
      if (denied !== undefined) return `dialled ${denied}`;
      return report.established === (network.opened === 1) ? null : `established ${report.established}, opened ${network.opened}`;
    },
  },
  {
    name: 'steps are reported in order, all but the last one done',
    broken({ report: { steps, failure }, spec }) {
      const isInOrder = steps.every((step, index) => step.kind === spec.steps[index]?.kind && step.us >= 0 && (step.ok || index === steps.length - 1));
      if (!isInOrder) return JSON.stringify(steps);
      if (failure?.step === undefined) return null;
      return failure.step === steps.length - 1 && steps.at(-1)?.ok === false ? null : `step ${failure.step} of ${steps.length} failed`;
    },
  },
  { name: 'nothing waits when all is over', broken: ({ pendingDeadlines }) => (pendingDeadlines === 0 ? null : `${pendingDeadlines} deadlines pending`) },
];

/** The first law that an attempt breaks. */
export function brokenLaw(seen: Seen): { readonly law: string; readonly how: string } | null {
  for (const law of LAWS) {
    const how = law.broken(seen);
    if (how !== null) return { law: law.name, how };
  }
  return null;
}

function failureProblem(failure: Failure | null): string | null {
  if (failure === null) return null;
  if (!Object.hasOwn(FAILURE_CODES, failure.code) || !FAILURE_PHASES.includes(failure.phase)) return JSON.stringify(failure);
  const { message } = failure;
  return message !== '' && message.length <= FAILURE_CHARS_MAX && isStorable(message) ? null : JSON.stringify(message.slice(0, 300));
}

/** Postgres keeps no NUL in a text, and UTF-8 has no half surrogate pairs. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function isBeginningOf(kept: Uint8Array, delivered: readonly Uint8Array[]): boolean {
  let at = 0;
  for (const chunk of delivered) {
    for (let index = 0; index < chunk.length && at < kept.length; index += 1, at += 1) if (kept[at] !== chunk[index]) return false;
  }
  return at === kept.length;
}
