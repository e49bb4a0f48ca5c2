import { Buffer } from 'node:buffer';
import {
  escapedValue, hear, optionalParameter, type PresetDefinition, requiredParameter, say, sayHex, START_TLS, TLS_BY_STEP,
} from './preset.ts';

const REDIS_PING = [say('PING\\r\\n'), hear('^\\+PONG\\r\\n')];
const REDIS_QUIT = [say('QUIT\\r\\n'), hear('^\\+OK\\r\\n')];

/** As Redis reads a quoted word of an inline command. */
function redisWord(value: string): string {
  return escapedValue(`"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
}

const password = requiredParameter('password', 'the password; {{VARIABLE}} keeps it out of the check', { secret: true });
const redisUser = optionalParameter('user', 'default', 'the user of the ACL (Redis 6 and newer)');

/** The length 8 and the code 80877103 (PostgreSQL, message formats, SSLRequest). */
const POSTGRES_SSL_REQUEST = sayHex('00 00 00 08 04 d2 16 2f');

/** Three bytes of length, packet 0, protocol 10, the version up to a NUL, connection id, 8 bytes of salt … */
const MYSQL_GREETING = hear('^[\\x00-\\xff]{3}\\x00\\x0a(?P<version>[^\\x00]+)\\x00[\\x00-\\xff]{13}');
/** … what follows the capabilities, and the method's name with its NUL: the greeting's end. */
const MYSQL_GREETING_REST = hear('^[\\x00-\\xff]{31}(?P<method>[a-z0-9_]+)\\x00');
/** Packet 1: OK, a request to authenticate in another way, or a refusal with its number. */
const MYSQL_VERDICT = hear('^[\\x00-\\xff]{3}[\\x01-\\x05](?:\\x00|\\xfe|\\xff(?P<refusal>[\\x00-\\xff]{2}))');

/** HandshakeResponse41 without a password: protocol 4.1, long password, secure connection, authentication by method. */
function mysqlLogin(user: string): string {
  const capabilities = Buffer.from([0x01, 0x82, 0x08, 0x00]);
  const head = Buffer.concat([capabilities, Buffer.from([0, 0, 0, 1]), Buffer.of(0x21), Buffer.alloc(23)]);
  const body = Buffer.concat([head, Buffer.from(user, 'utf8'), Buffer.of(0), Buffer.of(0), Buffer.from('mysql_native_password\0')]);
  const length = Buffer.of(body.length & 0xff, body.length >> 8, 0, 1);
  return Buffer.concat([length, body]).toString('hex');
}

/** Databases and caches. None of them stores or reads anything. */
export const DATABASE_PRESETS: readonly PresetDefinition[] = [
  {
    name: 'redis', title: 'Redis', defaultPort: 6379, parameters: [],
    description: 'PING and PONG, for a server without a password. Add --tls for a TLS port.',
    build: () => ({ steps: [...REDIS_PING, ...REDIS_QUIT] }),
  },
  {
    name: 'redis-auth', title: 'Redis with AUTH', defaultPort: 6379, parameters: [password, redisUser],
    description: 'AUTH, PING and PONG. A user that may do nothing but PING is enough. Add --tls for a TLS port.',
    build: (values) => ({
      steps: [say(`AUTH ${redisWord(values['user'] ?? '')} ${redisWord(values['password'] ?? '')}\\r\\n`), hear('^\\+OK\\r\\n'), ...REDIS_PING, ...REDIS_QUIT],
    }),
  },
  {
    name: 'redis-requirepass', title: 'Redis before version 6 with AUTH', defaultPort: 6379, parameters: [password],
    description: 'AUTH with a password alone, PING and PONG, for servers that know no users. Add --tls for a TLS port.',
    build: (values) => ({ steps: [say(`AUTH ${redisWord(values['password'] ?? '')}\\r\\n`), hear('^\\+OK\\r\\n'), ...REDIS_PING, ...REDIS_QUIT] }),
  },
  {
    name: 'postgres', title: 'PostgreSQL with TLS', defaultPort: 5432, parameters: [],
    description: 'SSLRequest, answered with S, then TLS and the certificate. Nobody logs in, and the server logs nothing.',
    build: () => ({ tls: TLS_BY_STEP, steps: [POSTGRES_SSL_REQUEST, hear('^S'), START_TLS] }),
  },
  {
    name: 'postgres-plain', title: 'PostgreSQL', defaultPort: 5432, parameters: [],
    description: 'SSLRequest, answered with S or N: it is PostgreSQL and accepts connections. Nobody logs in.',
    build: () => ({ steps: [POSTGRES_SSL_REQUEST, hear('^(?P<tls>[SN])')] }),
  },
  {
    name: 'mysql', title: 'MySQL or MariaDB', defaultPort: 3306,
    parameters: [optionalParameter('user', 'sonde', 'the user to log in as, without a password; it need not exist', { measured: true })],
    description: 'The greeting with the version, then a login without a password, whose refusal is fine. A client that leaves after the greeting would count as '
      + 'a connection error, and a server blocks hosts with many of them (max_connect_errors).',
    build: (values) => ({ steps: [MYSQL_GREETING, MYSQL_GREETING_REST, sayHex(mysqlLogin(values['user'] ?? '')), MYSQL_VERDICT] }),
  },
  {
    name: 'memcached', title: 'memcached', defaultPort: 11_211, parameters: [],
    description: 'The version, then quit.',
    build: () => ({ steps: [say('version\\r\\n'), hear('^VERSION (?P<version>[^\\r\\n]+)\\r\\n'), say('quit\\r\\n')] }),
  },
];
