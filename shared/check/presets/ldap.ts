import { hear, type PresetDefinition, sayHex, START_TLS, TLS_BY_STEP, TLS_FROM_START } from './preset.ts';

/** RFC 4511 §4.14: message 1, ExtendedRequest 1.3.6.1.4.1.1466.20037. */
const LDAP_START_TLS = sayHex('30 1d 02 01 01 77 18 80 16 31 2e 33 2e 36 2e 31 2e 34 2e 31 2e 31 34 36 36 2e 32 30 30 33 37');
/** A BER length in its short form, and in the four-byte form that Active Directory uses. */
const BER_LENGTH = '(?:[\\x00-\\x7f]|\\x84[\\x00-\\xff]{4})';
/** success, without a name and a text. */
const LDAP_SUCCESS = '\\x0a\\x01\\x00\\x04\\x00\\x04\\x00';
/** The answer says success, with or without its name again; matched to its last byte, because TLS begins after it. */
const LDAP_STARTS_TLS = hear(`^\\x30${BER_LENGTH}\\x02\\x01\\x01\\x78(?:(?:\\x07|\\x84\\x00{3}\\x07)${LDAP_SUCCESS}`
  + `|(?:\\x1f|\\x84\\x00{3}\\x1f)${LDAP_SUCCESS}\\x8a\\x161\\.3\\.6\\.1\\.4\\.1\\.1466\\.20037)`);
/** Message 2, a simple bind of nobody with LDAPv3; its answer with any result; message 3, unbind. */
const LDAP_BIND = [
  sayHex('30 0c 02 01 02 60 07 02 01 03 04 00 80 00'),
  hear(`^\\x30${BER_LENGTH}\\x02\\x01\\x02\\x61${BER_LENGTH}\\x0a\\x01[\\x00-\\xff]`),
  sayHex('30 05 02 01 03 42 00'),
];

/** Directories: nobody's bind, which every one answers in some way. */
export const LDAP_PRESETS: readonly PresetDefinition[] = [
  {
    name: 'ldap', title: 'LDAP with StartTLS', defaultPort: 389, parameters: [],
    description: 'StartTLS, the certificate, an anonymous bind under TLS (any answer to it is fine), unbind.',
    build: () => ({ tls: TLS_BY_STEP, steps: [LDAP_START_TLS, LDAP_STARTS_TLS, START_TLS, ...LDAP_BIND] }),
  },
  {
    name: 'ldap-plain', title: 'LDAP without TLS', defaultPort: 389, parameters: [],
    description: 'An anonymous bind (any answer to it is fine), unbind.',
    build: () => ({ steps: LDAP_BIND }),
  },
  {
    name: 'ldaps', title: 'LDAP over TLS', defaultPort: 636, parameters: [],
    description: 'TLS from the start with the certificate verified, an anonymous bind (any answer to it is fine), unbind.',
    build: () => ({ tls: TLS_FROM_START, steps: LDAP_BIND }),
  },
];
