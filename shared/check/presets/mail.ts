import { escapedValue, hear, optionalParameter, type PresetDefinition, type PresetStep, say, START_TLS, TLS_BY_STEP, TLS_FROM_START } from './preset.ts';

/** RFC 5321 §4.2.1: lines `250-…`, and a last one `250 …`. */
function smtpReply(code: number): PresetStep {
  return hear(`^(?:${code}-[^\\n]*\\n)*${code}(?: [^\\n]*)?\\r?\\n`);
}

const SMTP_GREETING = hear('^(?:220-[^\\n]*\\n)*220(?: (?P<greeting>[^\\r\\n]*))?\\r?\\n');
/** The answer to EHLO, only if STARTTLS is among what it offers (RFC 3207). */
const SMTP_OFFERS_STARTTLS = hear('(?i)^(?:250-[^\\n]*\\n)*?250(?: STARTTLS\\r?\\n|-STARTTLS\\r?\\n(?:250-[^\\n]*\\n)*250(?: [^\\n]*)?\\r?\\n)');
const SMTP_QUIT = [say('QUIT\\r\\n'), smtpReply(221)];

const helo = optionalParameter('helo', 'sonde.invalid', 'the name to give in EHLO; some servers want one that resolves');

function ehlo(values: Readonly<Record<string, string>>): PresetStep {
  return say(`EHLO ${escapedValue(values['helo'] ?? '')}\\r\\n`);
}

/** RFC 3501: untagged lines, then the one with our tag. */
function imapDone(tag: string): PresetStep {
  return hear(`^(?:\\* [^\\n]*\\n)*${tag} OK[^\\n]*\\n`);
}

const IMAP_GREETING = hear('^\\* (?:OK|PREAUTH)(?: (?P<greeting>[^\\r\\n]*))?\\r?\\n');
const IMAP_CAPABILITIES = [say('a1 CAPABILITY\\r\\n'), imapDone('a1')];
const IMAP_LOGOUT = [say('a3 LOGOUT\\r\\n'), imapDone('a3')];

const POP3_OK = hear('^\\+OK[^\\n]*\\n');
const POP3_GREETING = hear('^\\+OK(?: (?P<greeting>[^\\r\\n]*))?\\r?\\n');
const POP3_QUIT = [say('QUIT\\r\\n'), POP3_OK];

/** Mail servers: greeting, what they offer, TLS, a good-bye in order. Nothing is sent or read as mail. */
export const MAIL_PRESETS: readonly PresetDefinition[] = [
  {
    name: 'smtp', title: 'SMTP with STARTTLS', defaultPort: 25, parameters: [helo],
    description: 'Greeting, EHLO, STARTTLS (it must be offered), the certificate, EHLO again under TLS, QUIT. Use port 587 for submission. No mail is sent.',
    build: (values) => ({
      tls: TLS_BY_STEP,
      steps: [SMTP_GREETING, ehlo(values), SMTP_OFFERS_STARTTLS, say('STARTTLS\\r\\n'), smtpReply(220), START_TLS, ehlo(values), smtpReply(250), ...SMTP_QUIT],
    }),
  },
  {
    name: 'smtp-plain', title: 'SMTP without TLS', defaultPort: 25, parameters: [helo],
    description: 'Greeting, EHLO, QUIT, for a server that has no TLS. No mail is sent.',
    build: (values) => ({ steps: [SMTP_GREETING, ehlo(values), smtpReply(250), ...SMTP_QUIT] }),
  },
  {
    name: 'smtps', title: 'SMTP over TLS (submissions)', defaultPort: 465, parameters: [helo],
    description: 'TLS from the start with the certificate verified, greeting, EHLO, QUIT. No mail is sent.',
    build: (values) => ({ tls: TLS_FROM_START, steps: [SMTP_GREETING, ehlo(values), smtpReply(250), ...SMTP_QUIT] }),
  },
  {
    name: 'imap', title: 'IMAP with STARTTLS', defaultPort: 143, parameters: [],
    description: 'Greeting, CAPABILITY, STARTTLS, the certificate, LOGOUT under TLS. Nobody logs in.',
    build: () => ({
      tls: TLS_BY_STEP,
      steps: [IMAP_GREETING, ...IMAP_CAPABILITIES, say('a2 STARTTLS\\r\\n'), imapDone('a2'), START_TLS, ...IMAP_LOGOUT],
    }),
  },
  {
    name: 'imap-plain', title: 'IMAP without TLS', defaultPort: 143, parameters: [],
    description: 'Greeting, CAPABILITY, LOGOUT, for a server that has no TLS. Nobody logs in.',
    build: () => ({ steps: [IMAP_GREETING, ...IMAP_CAPABILITIES, ...IMAP_LOGOUT] }),
  },
  {
    name: 'imaps', title: 'IMAP over TLS', defaultPort: 993, parameters: [],
    description: 'TLS from the start with the certificate verified, greeting, CAPABILITY, LOGOUT. Nobody logs in.',
    build: () => ({ tls: TLS_FROM_START, steps: [IMAP_GREETING, ...IMAP_CAPABILITIES, ...IMAP_LOGOUT] }),
  },
  {
    name: 'pop3', title: 'POP3 with STLS', defaultPort: 110, parameters: [],
    description: 'Greeting, STLS, the certificate, QUIT under TLS. Nobody logs in.',
    build: () => ({ tls: TLS_BY_STEP, steps: [POP3_GREETING, say('STLS\\r\\n'), POP3_OK, START_TLS, ...POP3_QUIT] }),
  },
  {
    name: 'pop3-plain', title: 'POP3 without TLS', defaultPort: 110, parameters: [],
    description: 'Greeting and QUIT, for a server that has no TLS. Nobody logs in.',
    build: () => ({ steps: [POP3_GREETING, ...POP3_QUIT] }),
  },
  {
    name: 'pop3s', title: 'POP3 over TLS', defaultPort: 995, parameters: [],
    description: 'TLS from the start with the certificate verified, greeting, QUIT. Nobody logs in.',
    build: () => ({ tls: TLS_FROM_START, steps: [POP3_GREETING, ...POP3_QUIT] }),
  },
];
