import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, freePort, type RealServerKind, versionOf } from './real-server.ts';

export const exim: RealServerKind = {
  name: 'Exim',
  async prepare({ dir, certFile, keyFile }) {
    const command = findProgram('exim4');
    if (command === null) return null;
    const [smtp, smtps, plain] = [await freePort(), await freePort(), await freePort()];
    const config = join(dir, 'exim.conf');
    writeFileSync(config, [
      'primary_hostname = mail.example', `spool_directory = ${dir}/spool`, `log_file_path = ${dir}/%slog`, `pid_file_path = ${dir}/exim.pid`,
      'local_interfaces = 127.0.0.1', `daemon_smtp_ports = ${smtp} : ${smtps} : ${plain}`, `tls_on_connect_ports = ${smtps}`,
      `tls_advertise_hosts = \${if eq{$received_port}{${plain}}{}{*}}`, `tls_certificate = ${certFile}`, `tls_privatekey = ${keyFile}`,
      'rfc1413_query_timeout = 0s', 'smtp_banner = $smtp_active_hostname ESMTP Exim $version_number', 'keep_environment =', 'never_users =',
    ].join('\n'), { mode: 0o644 });
    return {
      name: `Exim ${versionOf(command, ['--version'], /Exim version (\S+)/)}`, ports: [smtp, smtps, plain],
      command, args: ['-bdf', '-C', config],
      cases: [
        { preset: 'smtp', port: smtp }, { preset: 'smtps', port: smtps }, { preset: 'smtp-plain', port: plain },
        { preset: 'smtp', port: plain, refusal: 'step 3' },
      ],
    };
  },
};

export const dovecot: RealServerKind = {
  name: 'Dovecot',
  async prepare({ dir, certFile, keyFile }) {
    const command = findProgram('dovecot');
    if (command === null) return null;
    const [imap, imaps, pop3, pop3s] = [await freePort(), await freePort(), await freePort(), await freePort()];
    const config = join(dir, 'dovecot.conf');
    const listener = (service: string, name: string, port: number, ssl = false): string => `service ${service} {\n inet_listener ${name} {\n  port = ${port}\n${ssl ? '  ssl = yes\n' : ''} }\n}`;
    writeFileSync(join(dir, 'users'), '');
    writeFileSync(config, [
      `base_dir = ${dir}/run`, `state_dir = ${dir}/state`, `log_path = ${dir}/dovecot.log`, 'protocols = imap pop3', 'listen = 127.0.0.1',
      'ssl = yes', `ssl_cert = <${certFile}`, `ssl_key = <${keyFile}`,
      listener('imap-login', 'imap', imap), listener('imap-login', 'imaps', imaps, true),
      listener('pop3-login', 'pop3', pop3), listener('pop3-login', 'pop3s', pop3s, true),
      `passdb {\n driver = passwd-file\n args = ${dir}/users\n}`, `userdb {\n driver = passwd-file\n args = ${dir}/users\n}`,
    ].join('\n'));
    return {
      name: `Dovecot ${versionOf(command, ['--version'], /^(\S+)/)}`, ports: [imap, imaps, pop3, pop3s],
      command, args: ['-F', '-c', config],
      cases: [
        { preset: 'imap', port: imap }, { preset: 'imaps', port: imaps }, { preset: 'imap-plain', port: imap },
        { preset: 'pop3', port: pop3 }, { preset: 'pop3s', port: pop3s }, { preset: 'pop3-plain', port: pop3 },
      ],
    };
  },
};

export const vsftpd: RealServerKind = {
  name: 'vsftpd',
  async prepare({ dir, certFile, keyFile }) {
    const command = findProgram('vsftpd');
    if (command === null) return null;
    const port = await freePort();
    const config = join(dir, 'vsftpd.conf');
    mkdirSync(join(dir, 'empty'));
    writeFileSync(config, [
      'listen=YES', 'listen_address=127.0.0.1', `listen_port=${port}`, 'background=NO', `secure_chroot_dir=${dir}/empty`, 'anonymous_enable=YES', `anon_root=${dir}/empty`,
      'ssl_enable=YES', 'allow_anon_ssl=YES', `rsa_cert_file=${certFile}`, `rsa_private_key_file=${keyFile}`, 'ssl_ciphers=HIGH', 'seccomp_sandbox=NO',
      'ftpd_banner=Welcome', '',
    ].join('\n'));
    return {
      name: `vsftpd ${versionOf('dpkg-query', ['-W', '-f', '${Version}', 'vsftpd'], /^([\d.]+)/)}`, ports: [port], command, args: [config],
      cases: [{ preset: 'ftp', port }, { preset: 'ftp-plain', port }],
    };
  },
};
