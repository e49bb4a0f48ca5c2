import { Buffer } from 'node:buffer';

/** Attributes that Go's `pkix.Name` knows, as OpenSSL names them, in the order its String() puts them. */
const KNOWN: readonly (readonly [openssl: string, go: string])[] = [
  ['serialNumber', 'SERIALNUMBER'], ['CN', 'CN'], ['OU', 'OU'], ['O', 'O'], ['postalCode', 'POSTALCODE'],
  ['street', 'STREET'], ['L', 'L'], ['ST', 'ST'], ['C', 'C'],
];
/** Of these Go keeps the last only. */
const SINGLE = new Set(['serialNumber', 'CN']);
/** The others it shows as a number and the value in DER; these two are found in practice. */
const NUMBERED: Readonly<Record<string, string>> = { emailAddress: '1.2.840.113549.1.9.1', DC: '0.9.2342.19200300.100.1.25' };

/**
 * A subject or issuer (`C=US, O=Example\, Inc, CN=a.example`, values escaped as in RFC 2253) the way Go prints it:
 * `CN=a.example,O=Example\, Inc,C=US`. What is there several times is joined by `+`.
 */
export function goName(name: string): string {
  const attributes = splitUnescaped(name).map(attributeOf);
  const known = KNOWN.flatMap(([openssl, go]) => {
    const values = attributes.filter(({ type }) => type === openssl).map(({ value }) => `${go}=${value}`);
    const shown = SINGLE.has(openssl) ? values.slice(-1) : values;
    return shown.length === 0 ? [] : [shown.join('+')];
  });
  const others = attributes.filter(({ type }) => !KNOWN.some(([openssl]) => openssl === type)).toReversed().map(({ type, value }) => {
    const number = NUMBERED[type];
    return number === undefined ? `${type}=${value}` : `${number}=#${derHex(value)}`;
  });
  return [...known, ...others].join(',');
}

/** At `, ` between attributes and ` + ` within one; in a value the comma and the plus sign are escaped. */
function splitUnescaped(name: string): readonly string[] {
  return name === '' ? [] : name.split(/(?<!\\), | \+ /);
}

function attributeOf(text: string): { readonly type: string; readonly value: string } {
  const at = text.indexOf('=');
  return { type: text.slice(0, at), value: text.slice(at + 1) };
}

const PRINTABLE_STRING = 0x13;
const UTF8_STRING = 0x0c;

/** As Go's asn1.Marshal encodes a string. */
function derHex(escaped: string): string {
  const value = escaped.replaceAll(/\\(.)/g, '$1');
  const bytes = Buffer.from(value, 'utf8');
  const tag = /^[a-zA-Z0-9 '()+,\-./:=?]*$/.test(value) ? PRINTABLE_STRING : UTF8_STRING;
  const length = bytes.length < 0x80 ? [bytes.length] : bytes.length < 0x100 ? [0x81, bytes.length] : [0x82, bytes.length >> 8, bytes.length & 0xff];
  return Buffer.from([tag, ...length, ...bytes]).toString('hex');
}
