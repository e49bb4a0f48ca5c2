/** What is usual on a port, where a check is easily wrong about it. */
const SPEAKS_FIRST: Readonly<Record<number, string>> = { 21: 'FTP', 25: 'SMTP', 110: 'POP3', 143: 'IMAP', 587: 'SMTP submission', 465: 'SMTP', 990: 'FTP', 993: 'IMAP', 995: 'POP3', 2525: 'SMTP', 22: 'SSH', 3306: 'MySQL' };
const TLS_FROM_START: Readonly<Record<number, string>> = {
  443: 'HTTPS', 465: 'SMTPS', 563: 'NNTPS', 636: 'LDAPS', 853: 'DNS over TLS', 989: 'FTPS data', 990: 'FTPS', 992: 'Telnet over TLS', 993: 'IMAPS', 995: 'POP3S',
  5061: 'SIPS', 6380: 'Redis over TLS', 6514: 'Syslog over TLS', 6697: 'IRC over TLS', 8443: 'HTTPS', 8883: 'MQTT over TLS', 5671: 'AMQPS', 27018: 'MongoDB over TLS',
};

/** The protocol in which the server greets first, so that data is better sent after its banner; null: none known. */
export function greetsFirst(port: number | ''): string | null {
  return port === '' ? null : SPEAKS_FIRST[port] ?? null;
}

/** The protocol that is TLS from its first byte; null: none known. */
export function tlsFromStart(port: number | ''): string | null {
  return port === '' ? null : TLS_FROM_START[port] ?? null;
}
