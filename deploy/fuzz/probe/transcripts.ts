import type { Step } from '#shared/check/check.ts';

/** One protocol as it is spoken: what a client's dialogue says and what the server says, in turns. */
export type Transcript = {
  readonly name: string;
  readonly steps: readonly Step[];
  /** Latin1; the k-th turn comes after k writes. */
  readonly turns: readonly string[];
};

const hear = (pattern: string): Step => ({ kind: 'expect', pattern });
const say = (data: string): Step => ({ kind: 'send', data, dataFormat: 'escaped' });
const sayHex = (data: string): Step => ({ kind: 'send', data, dataFormat: 'hex' });
const START_TLS: Step = { kind: 'startTls' };

/** Taken down from real servers (Exim, Dovecot, vsftpd, OpenSSH, Redis, PostgreSQL, MariaDB, Mosquitto, slapd, nginx). */
export const TRANSCRIPTS: readonly Transcript[] = [
  {
    name: 'smtp',
    steps: [
      hear('^(?:220-[^\\n]*\\n)*220(?: (?P<greeting>[^\\r\\n]*))?\\r?\\n'), say('EHLO sonde.invalid\\r\\n'),
      hear('(?i)^(?:250-[^\\n]*\\n)*?250(?: STARTTLS\\r?\\n|-STARTTLS\\r?\\n(?:250-[^\\n]*\\n)*250(?: [^\\n]*)?\\r?\\n)'), say('STARTTLS\\r\\n'),
      hear('^220(?: [^\\n]*)?\\r?\\n'), START_TLS, say('EHLO sonde.invalid\\r\\n'), hear('^(?:250-[^\\n]*\\n)*250(?: [^\\n]*)?\\r?\\n'),
      say('QUIT\\r\\n'), hear('^221[^\\n]*\\n'),
    ],
    turns: [
      '220-mail.example ESMTP Exim 4.98\r\n220 no UCE\r\n',
      '250-mail.example Hello localhost [127.0.0.1]\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 HELP\r\n',
      '220 TLS go ahead\r\n',
      '250-mail.example Hello localhost [127.0.0.1]\r\n250-SIZE 52428800\r\n250 HELP\r\n', '221 mail.example closing connection\r\n',
    ],
  },
  {
    name: 'imap',
    steps: [hear('^\\* (?:OK|PREAUTH)(?: (?P<greeting>[^\\r\\n]*))?\\r?\\n'), say('a1 CAPABILITY\\r\\n'), hear('^(?:\\* [^\\n]*\\n)*a1 OK[^\\n]*\\n'), say('a3 LOGOUT\\r\\n'), hear('^(?:\\* [^\\n]*\\n)*a3 OK[^\\n]*\\n')],
    turns: [
      '* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS LOGINDISABLED] Dovecot ready.\r\n',
      '* CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS LOGINDISABLED\r\na1 OK Pre-login capabilities listed.\r\n',
      '* BYE Logging out\r\na3 OK Logout completed (0.001 + 0.000 secs).\r\n',
    ],
  },
  {
    name: 'pop3',
    steps: [hear('^\\+OK .*(?P<stamp><[^>]+>)\\r\\n'), say('APOP me ${stamp}\\r\\n'), hear('^(?P<word>\\+OK|-ERR)'), say('QUIT\\r\\n'), hear('(?m)^\\+OK')],
    turns: ['+OK Dovecot ready. <1896.697170952@dbc.example>\r\n', '-ERR [AUTH] Authentication failed.\r\n', '+OK Logging out\r\n'],
  },
  {
    name: 'ftp',
    steps: [hear('^220[ -].*\\n'), say('AUTH TLS\\r\\n'), hear('^234[^\\n]*\\n'), START_TLS, say('QUIT\\r\\n'), hear('^221')],
    turns: ['220 (vsFTPd 3.0.5)\r\n', '234 Proceed with negotiation.\r\n', '221 Goodbye.\r\n'],
  },
  { name: 'ssh', steps: [hear('^SSH-(?P<protocol>[\\d.]+)-(?P<software>\\S+)(?: (?P<comment>[^\\r\\n]*))?\\r?\\n')], turns: ['SSH-2.0-OpenSSH_10.0p2 Debian-7\r\n\x00\x00\x04\x1c\x0a\x14\x9f\x8c'] },
  {
    name: 'redis',
    steps: [say('AUTH s3cret\\r\\n'), hear('^\\+OK\\r\\n'), say('PING\\r\\n'), hear('^\\+PONG'), say('INFO server\\r\\n'), hear('redis_version:(?P<version>[\\d.]+)')],
    turns: ['', '+OK\r\n', '+PONG\r\n', '$84\r\n# Server\r\nredis_version:8.0.2\r\nredis_git_sha1:00000000\r\nredis_mode:standalone\r\nos:Linux\r\n\r\n'],
  },
  { name: 'postgres', steps: [sayHex('00 00 00 08 04 d2 16 2f'), hear('^(?P<answer>[SN])'), START_TLS], turns: ['', 'S'] },
  {
    name: 'mysql',
    steps: [hear('(?s)^(?P<length>.{3})\\x00\\x0a(?P<version>[^\\x00]+)\\x00(?P<thread>.{4})(?P<salt>.{8})\\x00')],
    turns: ['J\x00\x00\x00\x0a11.8.2-MariaDB-1\x00\x2a\x00\x00\x00)\x7fp"S0:w\x00\xfe\xff\x2d\x02\x00\xff\xc1\x15\x00\x00\x00\x00\x00\x00\x1d\x00\x00\x00zQ\x80\xff#m1?q9\x00mysql_native_password\x00'],
  },
  { name: 'mqtt', steps: [sayHex('10 11 00 04 4d 51 54 54 04 02 00 3c 00 05 73 6f 6e 64 65'), hear('^\\x20\\x02[\\x00\\x01](?P<code>[\\x00-\\x05])')], turns: ['', '\x20\x02\x00\x00'] },
  {
    name: 'ldap',
    steps: [sayHex('30 1d 02 01 01 77 18 80 16 31 2e 33 2e 36 2e 31 2e 34 2e 31 2e 31 34 36 36 2e 32 30 30 33 37'), hear('(?s)^\\x30.\\x02\\x01\\x01\\x78.\\x0a\\x01\\x00\\x04\\x00\\x04\\x00'), START_TLS],
    turns: ['', '0\x0c\x02\x01\x01x\x07\x0a\x01\x00\x04\x00\x04\x00'],
  },
  {
    name: 'http',
    steps: [say('GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n'), hear('^HTTP/1\\.[01] (?P<status>\\d{3})[^\\n]*\\n'), hear('(?s)\\r\\n\\r\\n')],
    turns: ['', 'HTTP/1.1 200 OK\r\nServer: nginx/1.28.0\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 24\r\nConnection: close\r\n\r\n<p>Gr\xc3\xbc\xc3\x9fe, \xe4\xb8\x96\xe7\x95\x8c</p>\n'],
  },
  { name: 'memcached', steps: [say('version\\r\\n'), hear('VERSION (?P<v>\\d+\\.\\d+\\.\\d+)'), say('stats\\r\\n'), hear('(?m)^END\\r$')], turns: ['', 'VERSION 1.6.38\r\n', 'STAT pid 1\r\nSTAT uptime 36\r\nSTAT curr_items 12\r\nEND\r\n'] },
  { name: 'tls alert', steps: [], turns: ['\x15\x03\x03\x00\x02\x02\x28'] },
  { name: 'tls hello', steps: [], turns: ['\x16\x03\x03\x00\x5a\x02\x00\x00\x56\x03\x03\x5f\x1b\x9a\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\x20'] },
];
