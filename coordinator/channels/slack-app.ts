import { jsonPost } from './json-post.ts';
import type { Message } from './message.ts';
import type { Answer, DeliveryVerdict, HttpRequest } from './outgoing.ts';
import { slackBody } from './slack.ts';

export const SLACK_API_URL = 'https://slack.com/api';

/** `chat.postMessage` as an app's bot, once for each channel. The delivery's id travels in the metadata, where an app can read it. */
export function renderSlackApp(
  message: Message, { slackChannels, token }: { readonly slackChannels: readonly string[]; readonly token: string }, { apiUrl, deliveryId }: { readonly apiUrl: string; readonly deliveryId: string },
): readonly HttpRequest[] {
  return slackChannels.map((channel) => jsonPost(
    `${apiUrl}/chat.postMessage`,
    { channel, ...slackBody(message), metadata: { event_type: 'sonde_notice', event_payload: { delivery_id: deliveryId } } },
    { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${token}` },
  ));
}

/** What Slack calls its own trouble; whatever else it refuses it would refuse again. */
const PASSING = new Set(['ratelimited', 'rate_limited', 'internal_error', 'fatal_error', 'service_unavailable', 'request_timeout']);

/** The Web API answers 200 to what it refuses, and says so in the body. */
export function judgeSlackAnswer({ body }: Extract<Answer, { kind: 'answered' }>): DeliveryVerdict {
  // The body may be cut: it has the whole message in it, after this.
  if (/^\s*\{\s*"ok"\s*:\s*true\b/.test(body)) return { kind: 'delivered' };
  const error = /"error"\s*:\s*"(\w+)"/.exec(body)?.[1];
  return error !== undefined && !PASSING.has(error) ? { kind: 'refused' } : { kind: 'retry', afterMs: null, isRateLimited: error?.startsWith('rate') ?? false };
}
