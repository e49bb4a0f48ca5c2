import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, freePort, type RealServerKind, run, versionOf } from './real-server.ts';

/** Where Debian's sshd insists on an empty folder; it is made at boot where the service runs. */
const SSHD_FOLDER = '/run/sshd';

export const sshd: RealServerKind = {
  name: 'OpenSSH',
  async prepare({ dir }) {
    const command = findProgram('sshd');
    if (command === null) return null;
    const isOurs = !existsSync(SSHD_FOLDER) && process.getuid?.() === 0;
    if (isOurs) mkdirSync(SSHD_FOLDER, { mode: 0o755 });
    const [port, key] = [await freePort(), join(dir, 'host-key')];
    run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    writeFileSync(join(dir, 'sshd_config'), `ListenAddress 127.0.0.1:${port}\nHostKey ${key}\nPidFile none\nUsePAM no\n`);
    return {
      name: `OpenSSH ${versionOf(command, ['-V'], /OpenSSH_([\w.]+)/)}`, ports: [port], command, args: ['-D', '-e', '-f', join(dir, 'sshd_config')],
      cases: [{ preset: 'ssh', port }],
      cleanUp: () => { if (isOurs) rmdirSync(SSHD_FOLDER); },
    };
  },
};

export const mosquitto: RealServerKind = {
  name: 'Mosquitto',
  async prepare({ dir, certFile, keyFile }) {
    const command = findProgram('mosquitto');
    const setPassword = findProgram('mosquitto_passwd');
    if (command === null || setPassword === null) return null;
    const [open, tls, closed] = [await freePort(), await freePort(), await freePort()];
    const [config, passwords] = [join(dir, 'mosquitto.conf'), join(dir, 'passwords')];
    run(setPassword, ['-b', '-c', passwords, 'probe', 'secret']);
    run('chmod', ['644', passwords]);
    writeFileSync(config, [
      'per_listener_settings true', `listener ${open} 127.0.0.1`, 'allow_anonymous true',
      `listener ${tls} 127.0.0.1`, 'allow_anonymous true', `certfile ${certFile}`, `keyfile ${keyFile}`,
      `listener ${closed} 127.0.0.1`, 'allow_anonymous false', `password_file ${passwords}`, '',
    ].join('\n'));
    const login = { user: 'probe', password: 'secret' };
    return {
      name: `Mosquitto ${versionOf(command, ['-h'], /version (\d[\d.]*\d)/)}`, ports: [open, tls, closed], command, args: ['-c', config],
      cases: [
        { preset: 'mqtt', port: open }, { preset: 'mqtts', port: tls }, { preset: 'mqtt', port: closed, parameters: { ...login, clientId: 'sonde-1' } },
        { preset: 'mqtt', port: closed, parameters: { ...login, password: 'wrong' }, refusal: '\\x05' },
      ],
    };
  },
};

export const nginx: RealServerKind = {
  name: 'nginx',
  async prepare({ dir, certFile, keyFile }) {
    const command = findProgram('nginx');
    if (command === null) return null;
    const [http, https] = [await freePort(), await freePort()];
    const config = join(dir, 'nginx.conf');
    writeFileSync(config, [
      'daemon off;', `pid ${dir}/nginx.pid;`, `error_log ${dir}/error.log;`, 'events {}', 'http {', ' access_log off;',
      ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => ` ${name}_temp_path ${dir}/${name};`),
      ` server { listen 127.0.0.1:${http}; location / { return 200 "hello $host\\n"; } location /gone { return 410; } }`,
      ` server { listen 127.0.0.1:${https} ssl; ssl_certificate ${certFile}; ssl_certificate_key ${keyFile}; location / { return 200 "hello over TLS\\n"; } }`,
      '}', '',
    ].join('\n'));
    return {
      name: `nginx ${versionOf(command, ['-v'], /nginx\/(\S+)/)}`, ports: [http, https], command, args: ['-c', config, '-p', dir],
      cases: [
        { preset: 'http', port: http }, { preset: 'https', port: https }, { preset: 'http', port: http, parameters: { method: 'HEAD', path: '/?a=1' } },
        { preset: 'http', port: http, parameters: { path: '/gone' }, refusal: '410' },
      ],
    };
  },
};
