import type { Notice } from '../../alerting/notice.ts';
import { COLOURS, messageLines, SIGNS, type Message } from '../message.ts';
import { escapeHtml, oneLine, plainText, withoutLinks } from '../neutral-text.ts';
import type { Mail } from '../outgoing.ts';

const SUBJECT_MAX = 200;
const TEXT_MAX = 8_000;

/** One mail, readable as text and as HTML, with nothing in it that the reader's program would load. */
export function renderEmail(notice: Notice, message: Message, { to, deliveryId }: { readonly to: string; readonly deliveryId: string }): Mail {
  const text = withoutLinks(plainText(messageLines({ ...message, link: null }), TEXT_MAX));
  return {
    to, messageId: deliveryId, thread: notice.alertId,
    subject: `${SIGNS[message.severity]} ${oneLine(message.title, SUBJECT_MAX)}`,
    text: `${text}${message.link ? `\n\n${message.link.label}: ${message.link.url}\n` : '\n'}`,
    html: html(message),
  };
}

function html({ severity, title, text, facts, link }: Message): string {
  const shown = (value: string, max: number): string => escapeHtml(withoutLinks(plainText(value, max)));
  const rows = facts.map(({ label, value }) =>
    `<tr><td style="padding:4px 16px 4px 0;color:#667085;vertical-align:top;white-space:nowrap">${escapeHtml(label)}</td><td style="padding:4px 0">${shown(value, 1_000)}</td></tr>`).join('');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${shown(title, SUBJECT_MAX)}</title></head>
<body style="margin:0;padding:24px;background:#f5f6f8;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:15px;line-height:1.5;color:#101828">
<div style="max-width:600px;margin:0 auto;background:#ffffff;border-radius:8px;border-top:4px solid ${COLOURS[severity]};padding:24px">
<h1 style="margin:0 0 12px;font-size:18px;line-height:1.35">${shown(title, SUBJECT_MAX)}</h1>
<p style="margin:0 0 16px">${shown(text, TEXT_MAX).replace(/\n/g, '<br>')}</p>
<table role="presentation" style="border-collapse:collapse;font-size:14px">${rows}</table>
${link ? `<p style="margin:24px 0 0"><a href="${escapeHtml(link.url)}" style="display:inline-block;padding:10px 18px;border-radius:6px;background:#1d4ed8;color:#ffffff;text-decoration:none">${escapeHtml(link.label)}</a></p>` : ''}
</div></body></html>`;
}
