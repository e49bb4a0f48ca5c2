/** A way to write an address as a host, and the family a check would name with it. */
export type Spelling = { readonly how: string; readonly host: string; readonly family: 'IPv4' | 'IPv6' };

/** Every way that some parser reads as this IPv4 address, and every IPv6 address that stands for it or leads to it. */
export function spellingsOfIpv4(bytes: readonly number[]): readonly Spelling[] {
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  const value = ((a * 256 + b) * 256 + c) * 256 + d;
  const dotted = bytes.join('.');
  const octal = (byte: number): string => `0${byte.toString(8)}`;
  const hex = (byte: number): string => `0x${byte.toString(16)}`;
  const v4 = (how: string, host: string): Spelling => ({ how, host, family: 'IPv4' });
  const v6 = (how: string, host: string): Spelling => ({ how, host, family: 'IPv6' });
  const pair = (one: number, two: number): string => ((one << 8) | two).toString(16);
  const [high, low] = [pair(a, b), pair(c, d)];
  return [
    v4('dotted', dotted), v4('decimal', String(value)), v4('decimal, wrapped', String(value + 2 ** 32)), v4('octal', bytes.map(octal).join('.')), v4('octal, one number', `0${value.toString(8)}`),
    v4('hexadecimal', bytes.map(hex).join('.')), v4('hexadecimal, one number', `0x${value.toString(16)}`), v4('hexadecimal, upper case', `0X${value.toString(16).toUpperCase()}`),
    v4('mixed', [hex(a), octal(b), String(c), hex(d)].join('.')), v4('short, two parts', `${a}.${(b * 256 + c) * 256 + d}`), v4('short, three parts', `${a}.${b}.${c * 256 + d}`),
    v4('short, hexadecimal', `${hex(a)}.${(b * 256 + c) * 256 + d}`), v4('leading zeros', bytes.map((byte) => String(byte).padStart(3, '0')).join('.')), v4('a dot at the end', `${dotted}.`),
    v4('full-width digits', [...dotted].map((char) => (char === '.' ? char : String.fromCodePoint(0xff10 + Number(char)))).join('')), v4('ideographic full stops', bytes.join('\u3002')),
    v4('circled digits', [...dotted].map((char) => (char === '.' || char === '0' ? char : String.fromCodePoint(0x245f + Number(char)))).join('')),
    v4('percent-encoded', dotted.replaceAll('.', '%2e')), v4('with a port', `${dotted}:80`), v4('with a user', `x@${dotted}`), v4('as a URL', `http://${dotted}/`), v4('in brackets', `[${dotted}]`),
    v4('with a space', ` ${dotted}`), v4('with a line break', `${dotted}\n`), v4('with NUL', `${dotted}\0.example`), v4('with a network', `${dotted}/32`), v4('signed', `+${dotted}`),
    v6('mapped', `::ffff:${dotted}`), v6('mapped, hexadecimal', `::ffff:${high}:${low}`), v6('mapped, in full', `0:0:0:0:0:ffff:${high}:${low}`), v6('mapped, upper case', `::FFFF:${dotted}`),
    v6('mapped, in brackets', `[::ffff:${dotted}]`), v6('mapped, with a zone', `::ffff:${dotted}%lo`), v6('translated', `::ffff:0:${dotted}`), v6('compatible', `::${dotted}`), v6('compatible, hexadecimal', `::${high}:${low}`),
    v6('NAT64', `64:ff9b::${dotted}`), v6('NAT64, hexadecimal', `64:ff9b::${high}:${low}`), v6('local NAT64, 48', `64:ff9b:1:${high}:${c.toString(16)}:${pair(d, 0)}::`), v6('local NAT64, 96', `64:ff9b:1::${high}:${low}`),
    v6('6to4', `2002:${high}:${low}::1`), v6('Teredo client', `2001:0:808:808:0:0:${pair(a ^ 255, b ^ 255)}:${pair(c ^ 255, d ^ 255)}`), v6('Teredo server', `2001:0:${high}:${low}:0:0:f7f7:f7f7`),
    v6('ISATAP', `2606:4700::5efe:${dotted}`), v6('ISATAP, global', `2606:4700::200:5efe:${high}:${low}`),
  ];
}

export function spellingsOfIpv6(bytes: readonly number[]): readonly Spelling[] {
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0));
  const full = groups.map((group) => group.toString(16)).join(':');
  const padded = groups.map((group) => group.toString(16).padStart(4, '0')).join(':');
  const tail = bytes.slice(12).join('.');
  const short = full.replace(/(^|:)0(:0)+(:|$)/, '::');
  const v6 = (how: string, host: string): Spelling => ({ how, host, family: 'IPv6' });
  return [
    v6('in full', full), v6('padded', padded), v6('shortened', short), v6('upper case', padded.toUpperCase()), v6('dotted tail', `${groups.slice(0, 6).map((group) => group.toString(16)).join(':')}:${tail}`),
    v6('in brackets', `[${full}]`), v6('in brackets with a port', `[${full}]:80`), v6('with a zone', `${full}%lo`), v6('with an encoded zone', `${full}%25lo`), v6('with a network', `${full}/128`), v6('as a name', `${padded.replaceAll(':', '-')}.ip6.example.`),
  ].filter(({ how }) => how !== 'as a name');
}
