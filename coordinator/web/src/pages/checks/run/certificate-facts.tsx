import { Text } from '@mantine/core';
import { exactTime } from '../../../parts/time-text.tsx';
import type { CertificateWire } from '../wire.ts';
import { visibleText } from './bytes.ts';

const DAY_MS = 86_400_000;

/** What the handshake showed. */
export function CertificateFacts({ tls, atMs = Date.now() }: { readonly tls: CertificateWire; readonly atMs?: number }) {
  const daysLeft = Math.floor((Date.parse(tls.chainNotAfter) - atMs) / DAY_MS);
  return (
    <dl className="facts">
      <dt>Protocol</dt><dd>{visibleText(tls.version)}, {visibleText(tls.cipher)}{tls.alpn === null ? '' : `, ${visibleText(tls.alpn)}`}</dd>
      {tls.alert !== null && <><dt>Alert</dt><dd className="foreign">{visibleText(tls.alert)}</dd></>}
      {tls.subject !== '' && (
        <>
          <dt>Subject</dt><dd className="foreign">{visibleText(tls.subject)}</dd>
          <dt>Names</dt><dd className="foreign">{tls.subjectAltNames.map(visibleText).join(', ') || '–'}</dd>
          <dt>Issuer</dt><dd className="foreign">{visibleText(tls.issuer)}</dd>
          <dt>Trusted</dt><dd>{tls.authorized ? 'yes' : 'no'}</dd>
          <dt>Valid</dt><dd>{exactTime(Date.parse(tls.notBefore))} to {exactTime(Date.parse(tls.notAfter))}</dd>
          <dt>Chain ends</dt><dd>{daysLeft < 0 ? `${-daysLeft} days ago` : `in ${daysLeft} days`} <Text span size="xs" c="dimmed">({exactTime(Date.parse(tls.chainNotAfter))})</Text></dd>
          <dt>Serial</dt><dd><code>{visibleText(tls.serialNumber)}</code></dd>
          <dt>SHA-256</dt><dd><code>{visibleText(tls.fingerprint256)}</code></dd>
        </>
      )}
    </dl>
  );
}
