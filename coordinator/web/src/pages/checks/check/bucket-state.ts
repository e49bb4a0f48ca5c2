import type { SeriesBucket } from '../wire.ts';

export type BucketState = 'none' | 'passing' | 'degraded' | 'failing' | 'mixed' | 'unseen' | 'maintenance';

/** The colour of a stretch of time: all failed, some failed, slow, unseen, or fine. */
export function bucketState({ outcomes, unseen, maintenance }: Pick<SeriesBucket, 'outcomes' | 'unseen' | 'maintenance'>): BucketState {
  const { passed, degraded, failed } = outcomes;
  const good = passed + degraded;
  if (failed > 0) return good > 0 ? 'mixed' : 'failing';
  if (degraded > 0) return 'degraded';
  if (good > 0) return 'passing';
  if (unseen > 0) return 'unseen';
  return maintenance > 0 ? 'maintenance' : 'none';
}

export const STATE_WORDS: Readonly<Record<BucketState, string>> = {
  none: 'nothing due', passing: 'passing', degraded: 'degraded', failing: 'failing', mixed: 'some failed', unseen: 'no data', maintenance: 'maintenance or paused',
};

/** Runs in words: `12 runs, 3 failed, 1 unseen`. */
export function bucketText({ runs, outcomes, unseen }: Pick<SeriesBucket, 'runs' | 'outcomes' | 'unseen'>): string {
  return [`${runs} run${runs === 1 ? '' : 's'}`, ...(outcomes.failed > 0 ? [`${outcomes.failed} failed`] : []), ...(outcomes.degraded > 0 ? [`${outcomes.degraded} degraded`] : []), ...(unseen > 0 ? [`${unseen} unseen`] : [])].join(', ');
}
