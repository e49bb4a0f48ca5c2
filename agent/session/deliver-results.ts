import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Duplex } from '#shared/rpc/duplex.ts';
import { gapsToWire } from '#shared/wire/gaps.ts';
import { resultsToWire } from '#shared/wire/results-to-wire.ts';
import type { Lane, Spool } from '../spool/spool.ts';

/** Live results first: a backlog never makes today's results late. */
const LANES: readonly Lane[] = ['live', 'backfill'];
const LANE_TO_WIRE: Readonly<Record<Lane, pb.Lane>> = { live: 'LANE_LIVE', backfill: 'LANE_BACKFILL' };
const LANE_FROM_WIRE: ReadonlyMap<string, Lane> = new Map(LANES.map((lane) => [LANE_TO_WIRE[lane], lane]));

/**
 * A message costs both sides as much as many rows: while so many are under way in a lane, what comes is gathered for
 * the next, unless it fills one. At once where the coordinator is quick, and the fewer messages the longer it takes.
 */
const PARTS_MAX = 2;

export type DeliveryEvents = { onRefused?: (rows: readonly pb.RefusedRow[]) => void };

/**
 * Sends what the spool holds, lane by lane, at most the credits' worth unacknowledged, and lets the spool forget what
 * the coordinator says is committed. Resolves when the stream is over; what was not acknowledged is still spooled.
 */
export async function deliverResults(
  stream: Duplex<pb.ResultsDown, pb.ResultsUp>, open: pb.OpenResults, spool: Spool, events: DeliveryEvents = {},
): Promise<void> {
  const sent = new Map<Lane, number>(LANES.map((lane) => [lane, 0]));
  /** Batches not yet acknowledged, by lane. */
  const underWay = new Map<Lane, number>(LANES.map((lane) => [lane, 0]));
  let credits = 0;
  let creditsGiven = 0;
  let batchRowsMax = 0;
  let isSending = false;
  let wantsSending = false;

  const send = async (): Promise<void> => {
    wantsSending = true;
    if (isSending) return;
    isSending = true;
    while (wantsSending && !stream.signal.aborted) {
      wantsSending = false;
      while (credits > 0) {
        const isBackfillFull = underWay.get('backfill')! >= backfillMax(creditsGiven);
        const next = nextBatch(spool, sent, { rowsMax: batchRowsMax, lanes: isBackfillFull ? ['live'] : LANES, isGathering: (lane) => underWay.get(lane)! >= PARTS_MAX });
        if (!next) break;
        credits -= 1;
        underWay.set(next.lane, underWay.get(next.lane)! + 1);
        await stream.write({ message: { $case: 'batch', value: next.batch } });
      }
    }
    isSending = false;
  };

  const stopHints = spool.onReady(() => void send());
  try {
    await stream.write({ message: { $case: 'open', value: open } });
    for await (const { message } of stream.messages) {
      if (message?.$case === 'opened') {
        credits = message.value.credits;
        creditsGiven = credits;
        batchRowsMax = message.value.batchRowsMax;
      } else if (message?.$case === 'acknowledged') {
        const lane = LANE_FROM_WIRE.get(message.value.lane);
        if (lane && message.value.spoolId === spool.id) spool.ackThrough(lane, Number(message.value.throughSequence));
        if (message.value.refused.length > 0) events.onRefused?.(message.value.refused);
        credits += 1;
        if (lane) underWay.set(lane, Math.max(0, underWay.get(lane)! - 1));
      }
      void send();
    }
  } finally {
    stopHints();
  }
}

/** Half of what may be under way, so that a fresh result never waits for the coordinator to commit a backlog. */
function backfillMax(credits: number): number {
  return Math.max(1, Math.floor(credits / 2));
}

function nextBatch(
  spool: Spool, sent: Map<Lane, number>, { rowsMax, lanes, isGathering }: { readonly rowsMax: number; readonly lanes: readonly Lane[]; readonly isGathering: (lane: Lane) => boolean },
): { readonly lane: Lane; readonly batch: pb.SpoolBatch } | null {
  for (const lane of lanes) {
    const rows = spool.peek(lane, sent.get(lane)!, rowsMax);
    const last = rows.at(-1);
    if (!last) continue;
    if (rows.length < rowsMax && isGathering(lane)) continue;
    sent.set(lane, last.sequence);
    const results = rows.flatMap(({ sequence, item }) => (item.kind === 'result' ? [{ sequence, result: item.result }] : []));
    const gaps = rows.flatMap(({ sequence, item }) => (item.kind === 'gap' ? [{ sequence, gap: item.gap }] : []));
    const batch: pb.SpoolBatch = {
      spoolId: spool.id,
      lane: LANE_TO_WIRE[lane],
      resultSequences: results.map(({ sequence }) => BigInt(sequence)),
      results: resultsToWire(results.map(({ result }) => result)),
      gapSequences: gaps.map(({ sequence }) => BigInt(sequence)),
      gaps: gapsToWire(gaps.map(({ gap }) => gap)),
      throughSequence: BigInt(last.sequence),
    };
    return { lane, batch };
  }
  return null;
}
