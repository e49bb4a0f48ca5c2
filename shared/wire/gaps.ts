import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Gap, GapReason } from '../run/gap.ts';
import { at, checkIndex } from './columns.ts';
import { Dictionary } from './dictionary.ts';
import { readUuid, writeUuid } from './uuid-bytes.ts';
import { WireError } from './wire-error.ts';

export function gapsToWire(gaps: readonly Gap[]): pb.GapBatch {
  const checks = new Dictionary<pb.CheckRef>();
  const reasons = new Dictionary<string>();
  const batch = { runIds: Buffer.alloc(gaps.length * 16), check: [] as number[], dueAtMs: [] as bigint[], reason: [] as number[] };
  gaps.forEach((gap, row) => {
    writeUuid(batch.runIds, row * 16, gap.runId);
    batch.check.push(checkIndex(checks, { checkId: gap.checkId, checkRevision: 0, locationOwed: gap.locationOwed, locationExecuted: gap.locationOwed }));
    batch.dueAtMs.push(BigInt(gap.dueAtMs));
    batch.reason.push(reasons.indexOf(gap.reason, gap.reason));
  });
  return { ...batch, checks: [...checks.values], reasons: [...reasons.values] };
}

export function gapsFromWire(batch: pb.GapBatch): Gap[] {
  const count = batch.dueAtMs.length;
  if (batch.runIds.length !== count * 16 || batch.check.length !== count || batch.reason.length !== count) {
    throw new WireError('the columns of a gap batch differ in length');
  }
  return batch.dueAtMs.map((dueAtMs, row) => {
    const check = at(batch.checks, batch.check[row]!, 'check');
    return {
      runId: readUuid(batch.runIds, row * 16),
      checkId: check.checkId,
      locationOwed: check.locationOwed,
      dueAtMs: Number(dueAtMs),
      // A reason this build does not know is a newer agent's: kept as it is told.
      reason: at(batch.reasons, batch.reason[row]!, 'reason') as GapReason,
    };
  });
}
