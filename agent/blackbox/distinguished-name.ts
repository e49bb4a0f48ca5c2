import { Buffer } from 'node:buffer';

/** Attributes with a name of their own in Go's `pkix.Name`, as OpenSSL writes them, in the order Go's String puts them. */
const ORDER: readonly (readonly [openssl: string, go: string])[] = [
  ['serialNumber', 'SERIALNUMBER'], ['CN', 'CN'], ['postalCode', 'POSTALCODE'], ['street', 'STREET'],
  ['ST', 'ST'], ['L', 'L'], ['OU', 'OU'], ['O', 'O'], ['C', 'C'],
];
/** Others come last, as a dotted number and the value in DER; these two are found in practice, as IA5String (22). */
const NUMBERED: Readonly<Record<string, string>> = { emailAddress: '1.2.840.113549.1.9.1', DC: '0.9.2342.19200300.100.1.25' };

/**
 * A subject or issuer (`C=US, O=Example\, Inc, CN=a.example`, values escaped as in RFC 2253) the way Go prints it:
 * `CN=a.example,O=Example\, Inc,C=US`. What is there several times is joined by `+`.
 */
export function goName(name: string): string {
  const attributes = splitUnescaped(name).map(attributeOf);
  const named = ORDER.flatMap(([openssl, go]) => {
    const values = attributes.filter(({ type }) => type === openssl).map(({ value }) => `${go}=${value}`);
    return values.length === 0 ? [] : [values.join('+')];
  });
  const known = new Set(ORDER.map(([openssl]) => openssl));
  const others = attributes.filter(({ type }) => !known.has(type)).toReversed().map(({ type, value }) => {
    const number = NUMBERED[type];
    return number === undefined ? `${type}=${value}` : `${number}=#${derHex(value)}`;
  });
  return [...named, ...others].join(',');
}

/** At `, ` between attributes and ` + ` within one; in a value both are escaped. */
function splitUnescaped(name: string): readonly string[] {
  return name === '' ? [] : name.split(/(?<!\\), | \+ /);
}

function attributeOf(text: string): { readonly type: string; readonly value: string } {
  const at = text.indexOf('=');
  return { type: text.slice(0, at), value: text.slice(at + 1) };
}

function derHex(value: string): string {
  const bytes = Buffer.from(value.replaceAll(/\\(.)/g, '$1'), 'latin1');
  const length = bytes.length < 0x80 ? [bytes.length] : [0x81, bytes.length & 0xff];
  return Buffer.from([0x16, ...length, ...bytes]).toString('hex');
}
