import { createHash } from 'node:crypto';
import * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { RetryStrategy } from '../check/check.ts';
import type { Assignment, Shot } from '../run/assignment.ts';
import type { Turns } from '../schedule/turns.ts';
import { probeSpecFromWire, probeSpecToWire } from './probe-spec.ts';
import { triggerFromWire, triggerToWire } from './trigger.ts';
import { WireError } from './wire-error.ts';

/** Without a digest yet: `withDigest` gives it one. */
export function assignmentToWire(assignment: Omit<Assignment, 'digest'>): pb.Assignment {
  const message: pb.Assignment = {
    checkId: assignment.checkId,
    accountId: assignment.accountId,
    revision: assignment.revision,
    spec: probeSpecToWire(assignment.spec),
    retry: assignment.retry ? retryToWire(assignment.retry) : undefined,
    turns: assignment.turns.map(turnsToWire),
    digest: Buffer.alloc(0),
    needs: [...assignment.needs ?? []],
  };
  message.digest = createHash('sha256').update(pb.Assignment.encode(message).finish()).digest().subarray(0, 16);
  return message;
}

/** Throws WireError for what this agent cannot run. */
export function assignmentFromWire(message: pb.Assignment, features: ReadonlySet<string>): Assignment {
  const missing = message.needs.filter((need) => !features.has(need));
  if (missing.length > 0) throw new WireError(`it needs ${missing.join(', ')}, which this agent does not have`);
  return {
    checkId: message.checkId,
    accountId: message.accountId,
    revision: message.revision,
    spec: probeSpecFromWire(message.spec),
    retry: message.retry ? retryFromWire(message.retry) : null,
    turns: message.turns.map(turnsFromWire),
    digest: message.digest.toString('hex'),
  };
}

/** The content hash of a whole set: SHA-256 over the sorted (check id, digest) (rules.md 27). */
export function configHash(digests: ReadonlyMap<string, Uint8Array>): Buffer {
  const hash = createHash('sha256');
  for (const id of [...digests.keys()].sort()) hash.update(id).update(digests.get(id)!);
  return hash.digest();
}

function turnsToWire(turns: Turns): pb.Turns {
  return {
    fromMs: BigInt(Math.max(0, turns.fromAtMs)),
    untilMs: BigInt(turns.untilMs ?? 0),
    intervalMs: turns.intervalMs,
    phaseMs: turns.phaseMs,
    modulus: turns.modulus,
    remainder: turns.remainder,
  };
}

function turnsFromWire(turns: pb.Turns): Turns {
  if (turns.intervalMs < 1 || turns.modulus < 1 || turns.remainder >= turns.modulus) throw new WireError('its turns make no sense');
  return {
    fromAtMs: Number(turns.fromMs),
    untilMs: turns.untilMs === 0n ? null : Number(turns.untilMs),
    intervalMs: turns.intervalMs,
    phaseMs: turns.phaseMs,
    modulus: turns.modulus,
    remainder: turns.remainder,
  };
}

function retryToWire(retry: RetryStrategy): pb.RetryStrategy {
  return {
    type: retry.type,
    baseBackoffSeconds: retry.baseBackoffSeconds,
    maxRetries: retry.maxRetries,
    maxDurationSeconds: retry.maxDurationSeconds,
    sameRegion: retry.sameRegion,
    onlyOnNetworkError: retry.onlyOn === 'NETWORK_ERROR',
  };
}

const RETRY_TYPES: readonly RetryStrategy['type'][] = ['SINGLE_RETRY', 'FIXED', 'LINEAR', 'EXPONENTIAL'];

function retryFromWire(retry: pb.RetryStrategy): RetryStrategy {
  const type = RETRY_TYPES.find((one) => one === retry.type);
  if (!type) throw new WireError(`retry strategy '${retry.type}' is not known to this agent`);
  return {
    type,
    baseBackoffSeconds: retry.baseBackoffSeconds,
    maxRetries: retry.maxRetries,
    maxDurationSeconds: retry.maxDurationSeconds,
    sameRegion: retry.sameRegion,
    onlyOn: retry.onlyOnNetworkError ? 'NETWORK_ERROR' : null,
  };
}

export function shotToWire(shot: Omit<Shot, 'deadlineMs'> & { readonly timeoutMs: number }): pb.Shot {
  return {
    runId: shot.runId,
    checkId: shot.checkId,
    checkRevision: shot.revision,
    trigger: triggerToWire(shot.trigger),
    orderedAtMs: BigInt(shot.orderedAtMs),
    timeoutMs: shot.timeoutMs,
    unsaved: shot.isUnsaved,
    spec: probeSpecToWire(shot.spec),
  };
}

/** `nowMs`: the receiver's clock, which the time left to answer starts from. Throws WireError. */
export function shotFromWire(message: pb.Shot, nowMs: number): Shot {
  const trigger = triggerFromWire(message.trigger);
  if (trigger === 'schedule') throw new WireError('a shot cannot be scheduled');
  return {
    runId: message.runId,
    checkId: message.checkId,
    revision: message.checkRevision,
    trigger,
    orderedAtMs: Number(message.orderedAtMs),
    deadlineMs: nowMs + message.timeoutMs,
    isUnsaved: message.unsaved,
    spec: probeSpecFromWire(message.spec),
  };
}
