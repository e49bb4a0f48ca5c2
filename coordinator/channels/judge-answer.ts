import type { ChannelKind } from './channel-kinds.ts';
import type { Answer, DeliveryVerdict } from './outgoing.ts';
import { judgeSlackAnswer } from './slack-app.ts';

/** A service that asks for more is asked again after this long. */
const RETRY_AFTER_MAX_MS = 6 * 3_600_000;

/** Reasons of our own that no repetition changes. */
export const FINAL_CODES = new Set(['EGRESS_DENIED', 'BAD_ADDRESS', 'TEMPLATE', 'NOT_CONFIGURED', 'VARIABLE_MISSING', 'SMTP_REFUSED']);

/**
 * What an answer means. Anything but 2xx is a failure, a redirect too: following it would send a signed message where
 * nobody asked for it. A person's own webhook is tried again whatever it says; of a service, 4xx is its last word.
 */
export function judgeAnswer(kind: ChannelKind, answer: Answer, nowMs: number): DeliveryVerdict {
  if (answer.kind === 'unanswered') return FINAL_CODES.has(answer.code) ? { kind: 'refused' } : { kind: 'retry', afterMs: null, isRateLimited: false };
  const { status } = answer;
  if (status >= 200 && status < 300) return kind === 'SLACK_APP' ? judgeSlackAnswer(answer) : { kind: 'delivered' };
  if (status === 410 && (kind === 'SLACK' || kind.startsWith('WEBHOOK'))) return { kind: 'gone' };
  if (status === 429 || status === 503) return { kind: 'retry', afterMs: retryAfterMs(answer, nowMs), isRateLimited: status === 429 };
  const isLastWord = kind !== 'WEBHOOK' && status >= 400 && status < 500 && ![408, 409, 425].includes(status);
  return isLastWord ? { kind: 'refused' } : { kind: 'retry', afterMs: null, isRateLimited: false };
}

/** Of the header (seconds or a date), or of Discord's and Telegram's body. */
function retryAfterMs({ retryAfter, body }: Extract<Answer, { kind: 'answered' }>, nowMs: number): number | null {
  const header = retryAfter?.trim() ?? '';
  const named = /^\d+(\.\d+)?$/.test(header) ? Number(header) * 1000 : header === '' ? secondsInBody(body) * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(named) && named >= 0 ? Math.min(Math.ceil(named), RETRY_AFTER_MAX_MS) : null;
}

function secondsInBody(body: string): number {
  try {
    const said = JSON.parse(body) as { retry_after?: unknown; parameters?: { retry_after?: unknown } } | null;
    const seconds = said?.retry_after ?? said?.parameters?.retry_after;
    return typeof seconds === 'number' ? seconds : Number.NaN;
  } catch {
    return Number.NaN;
  }
}
