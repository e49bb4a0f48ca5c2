import { chownSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBinaries } from '../../local/postgres-binaries.ts';
import { findServerUser } from '../../local/postgres-user.ts';
import { findProgram, freePort, type RealServerKind, run, versionOf } from './real-server.ts';

/** With everything that Redis' inline words have to quote. */
const PASSWORD = 'pa ss"w\\ord$1';

export const redis: RealServerKind = {
  name: 'Redis',
  async prepare({ dir, certFile, keyFile, caFile }) {
    const command = findProgram('redis-server');
    if (command === null) return null;
    const [port, tlsPort] = [await freePort(), await freePort()];
    return {
      name: `Redis ${redisVersion(command)}`, ports: [port, tlsPort], command,
      args: [
        '--bind', '127.0.0.1', '--port', String(port), '--tls-port', String(tlsPort), '--tls-cert-file', certFile, '--tls-key-file', keyFile,
        '--tls-ca-cert-file', caFile, '--tls-auth-clients', 'no', '--save', '', '--dir', dir,
      ],
      cases: [{ preset: 'redis', port }, { preset: 'redis', port: tlsPort, implicitTls: true }],
    };
  },
};

export const redisWithPassword: RealServerKind = {
  name: 'Redis with a password',
  async prepare({ dir }) {
    const command = findProgram('redis-server');
    if (command === null) return null;
    const port = await freePort();
    return {
      name: `Redis ${redisVersion(command)} with a password`, ports: [port], command,
      args: ['--bind', '127.0.0.1', '--port', String(port), '--requirepass', PASSWORD, '--save', '', '--dir', dir],
      cases: [
        { preset: 'redis-auth', port, parameters: { password: PASSWORD } },
        { preset: 'redis-requirepass', port, parameters: { password: PASSWORD } },
        { preset: 'redis', port, refusal: 'NOAUTH' },
        { preset: 'redis-auth', port, parameters: { password: 'wrong' }, refusal: 'WRONGPASS' },
      ],
    };
  },
};

function redisVersion(command: string): string {
  return versionOf(command, ['--version'], /v=(\S+)/);
}

export const postgres: RealServerKind = {
  name: 'PostgreSQL',
  async prepare({ dir, certFile, keyFile }) {
    const user = findServerUser();
    const binaries = findBinaries(user, () => dir);
    const port = await freePort();
    const data = join(dir, 'data');
    mkdirSync(data, { mode: 0o700 });
    const key = join(dir, 'postgres.key');
    copyFileSync(keyFile, key);
    run('chmod', ['600', key]);
    if (user !== null) for (const path of [data, key]) chownSync(path, user.uid, user.gid);
    run(binaries.initdb, ['-D', data, '-A', 'reject', '-U', 'postgres', '--no-sync', '--locale=C'], user ?? {});
    return {
      name: `PostgreSQL ${versionOf(binaries.postgres, ['--version'], /([\d.]+)/)}`, ports: [port], command: binaries.postgres, ...(user === null ? {} : { user: { uid: user.uid, gid: user.gid } }),
      args: ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', '', '-c', 'ssl=on', '-c', `ssl_cert_file=${certFile}`, '-c', `ssl_key_file=${key}`, '-c', 'fsync=off'],
      cases: [{ preset: 'postgres', port }, { preset: 'postgres-plain', port }],
    };
  },
};

export const mariadb: RealServerKind = {
  name: 'MariaDB',
  async prepare({ dir }) {
    const [command, install] = [findProgram('mariadbd'), findProgram('mariadb-install-db')];
    if (command === null || install === null) return null;
    const port = await freePort();
    const data = join(dir, 'data');
    const own = process.getuid?.() === 0 ? ['--user=root'] : [];
    run(install, ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db', ...own]);
    return {
      name: `MariaDB ${versionOf(command, ['--version'], /Ver (\d[\d.]*)/)}`, ports: [port], command,
      args: ['--no-defaults', `--datadir=${data}`, `--socket=${dir}/s`, '--bind-address=127.0.0.1', `--port=${port}`, `--pid-file=${dir}/pid`, '--innodb-flush-log-at-trx-commit=0', ...own],
      cases: [{ preset: 'mysql', port }],
    };
  },
};

export const memcached: RealServerKind = {
  name: 'memcached',
  async prepare() {
    const command = findProgram('memcached');
    if (command === null) return null;
    const port = await freePort();
    return {
      name: `memcached ${versionOf(command, ['--version'], /(\d[\d.]*)/)}`, ports: [port], command,
      args: ['-l', '127.0.0.1', '-p', String(port), '-U', '0', ...(process.getuid?.() === 0 ? ['-u', 'nobody'] : [])],
      cases: [{ preset: 'memcached', port }],
    };
  },
};

export const slapd: RealServerKind = {
  name: 'OpenLDAP',
  async prepare({ dir, certFile, keyFile, caFile }) {
    const command = findProgram('slapd');
    if (command === null) return null;
    const [port, tlsPort] = [await freePort(), await freePort()];
    const config = join(dir, 'slapd.conf');
    mkdirSync(join(dir, 'data'));
    writeFileSync(config, [
      'include /etc/ldap/schema/core.schema', `pidfile ${dir}/pid`, `argsfile ${dir}/args`,
      `TLSCACertificateFile ${caFile}`, `TLSCertificateFile ${certFile}`, `TLSCertificateKeyFile ${keyFile}`,
      'database ldif', 'suffix "dc=example"', `directory ${dir}/data`, '',
    ].join('\n'));
    return {
      name: `OpenLDAP ${versionOf(command, ['-VV'], /slapd (\d[\d.]*)/)}`, ports: [port, tlsPort], command,
      args: ['-d', '0', '-f', config, '-h', `ldap://127.0.0.1:${port}/ ldaps://127.0.0.1:${tlsPort}/`],
      cases: [{ preset: 'ldap', port }, { preset: 'ldap-plain', port }, { preset: 'ldaps', port: tlsPort }],
    };
  },
};
