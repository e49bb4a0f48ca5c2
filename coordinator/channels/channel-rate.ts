import type { ChannelType } from './channel-kinds.ts';

/** At most `burst` at once, and one more every `intervalMs`: below what the services themselves allow. */
export type ChannelRate = { readonly burst: number; readonly intervalMs: number };

const TEXTING: ChannelRate = { burst: 5, intervalMs: 20_000 };
/** Nobody picks up the second call while the first is still talking. */
const CALLING: ChannelRate = { burst: 3, intervalMs: 60_000 };
/** Slack and Discord take about one a second of a webhook, Telegram twenty a minute of a group. */
const POSTING: ChannelRate = { burst: 20, intervalMs: 2_000 };

export function channelRate(type: ChannelType): ChannelRate {
  switch (type) {
    case 'SMS': return TEXTING;
    case 'CALL': return CALLING;
    case 'EMAIL': case 'SLACK': case 'SLACK_APP': case 'WEBHOOK': case 'PAGERDUTY': case 'OPSGENIE': return POSTING;
  }
}

/** A message that would have to wait longer than this for its turn is dropped, and that is shown. */
export const WAIT_FOR_TURN_MAX_MS = 3_600_000;
