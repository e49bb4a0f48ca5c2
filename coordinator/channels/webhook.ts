import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Notice } from '../alerting/notice.ts';
import type { WebhookConfig } from './channel-schemas.ts';
import { oneLine } from './neutral-text.ts';
import type { HttpRequest } from './outgoing.ts';
import type { TemplatePart } from './template/template-renderer.ts';
import type { TemplateVariables } from './template/template-variables.ts';

/** Everything of a webhook that is a template: its address, values of headers and parameters, the body. */
export function webhookTemplates({ url, headers, queryParameters, template }: WebhookConfig): readonly TemplatePart[] {
  return [
    { name: 'the address', template: url, escape: 'uri' },
    { name: 'the body', template, escape: 'html' },
    ...headers.map(({ key, value }): TemplatePart => ({ name: `the header ${key}`, template: value, escape: 'none' })),
    ...queryParameters.map(({ key, value }): TemplatePart => ({ name: `the parameter ${key}`, template: value, escape: 'none' })),
  ];
}

/** The templates above, rendered, in the same order. Without a template of its own the body is the whole notice as JSON. */
export function renderWebhook(
  config: WebhookConfig, rendered: readonly string[],
  { notice, variables, deliveryId, nowMs }: { readonly notice: Notice; readonly variables: TemplateVariables; readonly deliveryId: string; readonly nowMs: number },
): HttpRequest {
  const [address = '', templated = '', ...values] = rendered;
  const url = URL.parse(address);
  config.queryParameters.forEach(({ key }, index) => url?.searchParams.append(key, values[config.headers.length + index] ?? ''));
  const hasBody = !['GET', 'HEAD'].includes(config.method);
  const body = !hasBody ? null : config.template.trim() === '' ? wholeNotice(notice, variables, deliveryId) : templated;
  const own = Object.fromEntries(config.headers.map(({ key }, index) => [key.toLowerCase(), oneLine(values[index] ?? '', 4_096)]));
  return {
    method: config.method, url: url?.href ?? address, body,
    headers: {
      ...(body === null ? {} : { 'content-type': 'application/json' }), ...own,
      ...signatures(config.webhookSecret, { deliveryId, nowMs, body: body ?? '' }),
    },
  };
}

/**
 * The id is that of the delivery and the same at every attempt; the time is the attempt's. Signed, if there is a
 * secret, twice: as clients of the Checkly API verify it, and as Standard Webhooks says (`whsec_` + base64, or the
 * secret's own bytes as its key).
 */
function signatures(secret: string, { deliveryId, nowMs, body }: { readonly deliveryId: string; readonly nowMs: number; readonly body: string }): Record<string, string> {
  const at = new Date(nowMs);
  const headers = { 'webhook-id': deliveryId, 'webhook-timestamp': String(Math.floor(nowMs / 1000)), 'x-checkly-timestamp': String(Math.floor(nowMs)) };
  if (secret === '') return headers;
  const isStandard = /^whsec_[A-Za-z0-9+/]+=*$/.test(secret);
  const signer = isStandard ? new Webhook(secret) : new Webhook(new Uint8Array(Buffer.from(secret)), { format: 'raw' });
  return {
    ...headers,
    'webhook-signature': signer.sign(deliveryId, at, body),
    'x-checkly-signature': createHmac('sha256', secret).update(body).digest('hex'),
  };
}

function wholeNotice(notice: Notice, variables: TemplateVariables, deliveryId: string): string {
  const { accountId: _ours, title: _title, text: _text, ...told } = notice;
  return JSON.stringify({
    id: deliveryId, type: `alert.${notice.kind}`, timestamp: new Date(notice.createdAtMs).toISOString(),
    data: { ...told, noticeId: notice.id, title: variables['ALERT_TITLE'], text: variables['ALERT_TEXT'], link: variables['RESULT_LINK'] },
  });
}
