import { z } from 'zod';
import { CHANNEL_TYPES, isChannelType } from '../../channels/channel-kinds.ts';
import type { Answer, Attempted } from '../../channels/outgoing.ts';
import type { DeliveryRecord } from '../deliveries-port.ts';
import { isoOf } from './iso.ts';

const AnswerEntity = z.object({
  status: z.int().nullable().meta({ description: 'of HTTP or SMTP; null: there was no answer' }),
  code: z.string().nullable().meta({ description: 'why there was none, in a word' }),
  message: z.string().meta({ description: 'the beginning of what the other side said, or why there was no answer' }),
}).nullable();

/** As clients of the Checkly API read it (checkly-api.md §4.2); from `channelName` on it is added. */
export const AlertNotificationEntity = z.object({
  id: z.string().meta({ description: 'of the delivery: the same at every attempt, and in what was sent' }),
  type: z.enum(CHANNEL_TYPES),
  status: z.enum(['IN_PROGRESS', 'SUCCESS', 'FAILURE', 'RATE_LIMITED']),
  alertConfig: z.record(z.string(), z.unknown()).meta({ description: 'the channel as it was, without secrets' }),
  notificationResult: z.string().nullable().meta({ description: 'what the other side said' }),
  timestamp: z.iso.datetime().nullable(),
  checkType: z.enum(['TCP']),
  checkId: z.string().nullable(), checkAlertId: z.string().nullable(), alertChannelId: z.int(), checkResultId: z.string().nullable(),
  channelName: z.string(), noticeId: z.string(), kind: z.string(), title: z.string(),
  attempts: z.int(), answer: AnswerEntity,
  nextAttemptAt: z.iso.datetime().nullable().meta({ description: 'null: none' }),
  deliveredAt: z.iso.datetime().nullable(),
  canBeResent: z.boolean(),
}).meta({ id: 'AlertNotification' });

export function alertNotificationEntity(record: DeliveryRecord): z.output<typeof AlertNotificationEntity> {
  const { state } = record;
  return {
    id: record.id, type: isChannelType(record.channelType) ? record.channelType : 'WEBHOOK', status: statusOf(record),
    alertConfig: record.channelConfig, notificationResult: record.answer && answerText(record.answer),
    timestamp: isoOf(record.deliveredAtMs ?? record.createdAtMs), checkType: 'TCP',
    checkId: record.checkId, checkAlertId: record.alertId, alertChannelId: record.channelId, checkResultId: record.resultId,
    channelName: record.channelName, noticeId: record.noticeId, kind: record.kind, title: record.title,
    attempts: record.attempts, answer: record.answer && answerEntity(record.answer),
    nextAttemptAt: state === 'pending' ? isoOf(record.dueAtMs) : null,
    deliveredAt: record.deliveredAtMs === null ? null : isoOf(record.deliveredAtMs),
    canBeResent: state !== 'pending',
  };
}

function statusOf({ state, isRateLimited }: DeliveryRecord): 'IN_PROGRESS' | 'SUCCESS' | 'FAILURE' | 'RATE_LIMITED' {
  if (state === 'delivered') return 'SUCCESS';
  if (isRateLimited) return 'RATE_LIMITED';
  return state === 'pending' ? 'IN_PROGRESS' : 'FAILURE';
}

/** A channel tried out: 200 whatever the other side did (rules.md 29). */
export const ChannelTestEntity = z.object({
  isDelivered: z.boolean().meta({ description: 'for Teams: accepted by the workflow, which does not say whether it was shown' }),
  answer: AnswerEntity.unwrap(),
}).meta({ id: 'AlertChannelTest' });

export function channelTestEntity({ verdict, answer }: Attempted): z.output<typeof ChannelTestEntity> {
  return { isDelivered: verdict.kind === 'delivered', answer: answerEntity(answer) };
}

function answerEntity(answer: Answer) {
  return answer.kind === 'answered' ? { status: answer.status, code: null, message: answerText(answer) } : { status: null, code: answer.code, message: answer.message };
}

function answerText(answer: Answer): string {
  if (answer.kind === 'unanswered') return answer.message;
  return [`${answer.status} ${answer.statusText}`.trim(), answer.body].filter((part) => part !== '').join('\n');
}
