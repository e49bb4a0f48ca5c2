import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';

/** Where agents connect to, for whoever sets one up. */
export type AgentDoor = {
  /** null: the host under which the API is reached. */
  readonly host: string | null;
  readonly port: number;
  readonly tls: AgentDoorTls;
};
/** `own`: by an authority that agents do not know by themselves; they are given its certificate as a file. */
export type AgentDoorTls = 'none' | 'known' | 'own';

/** Is the last certificate of this PEM signed by an authority that Node brings? */
export function authorityOf(pem: string, roots: readonly string[] = rootCertificates): 'known' | 'own' {
  const last = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g)?.at(-1);
  if (last === undefined) return 'own';
  const certificate = new X509Certificate(last);
  const isKnown = roots.some((root) => {
    const authority = new X509Certificate(root);
    return authority.fingerprint256 === certificate.fingerprint256 || (certificate.checkIssued(authority) && certificate.verify(authority.publicKey));
  });
  return isKnown ? 'known' : 'own';
}
