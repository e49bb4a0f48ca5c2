import { describe, expect, it } from 'vitest';
import { readCoordinatorConfig } from './config.ts';

const base = { DATABASE_URL: 'postgres://u:p@h/d' };

function problemsOf(env: Record<string, string>): readonly string[] {
  const read = readCoordinatorConfig({ ...base, ...env });
  return read.ok ? [] : read.problems.map(({ variable }) => variable);
}

describe("the coordinator's config", () => {
  it('needs a database and nothing else', () => {
    const read = readCoordinatorConfig(base);
    expect(read.ok && { ...read.config, databaseUrl: read.config.databaseUrl.reveal() }).toEqual({
      databaseUrl: base.DATABASE_URL, keepPassingBodies: 1, http: { host: '127.0.0.1', port: 8080, tls: null, publicUrl: null, isPlaintextAllowed: false },
      fleet: { host: '127.0.0.1', port: 8090, tls: null, reflection: false },
      dataDir: './.sonde', apiKey: null, masterKey: null, masterKeys: [], otlpUrl: null, oidc: null, usage: { pricePer10000: 2, currency: 'USD', defaultQuota: null }, publicWitnesses: [], retention: { raw: 30, hourly: 400, daily: 800 }, logLevel: 'info',
      notices: { smtpUrl: null, smtpFrom: 'Sonde <sonde@localhost>', webhooks: { allowHttp: false, allowNetworks: [] }, twilio: null },
    });
  });

  it('lets agents of other machines in without TLS only when told to', () => {
    expect(problemsOf({ SONDE_FLEET_HOST: '0.0.0.0' })).toEqual(['SONDE_FLEET_HOST']);
    expect(problemsOf({ SONDE_FLEET_HOST: '0.0.0.0', SONDE_FLEET_PLAINTEXT: '1' })).toEqual([]);
    expect(problemsOf({ SONDE_FLEET_HOST: '0.0.0.0', SONDE_FLEET_TLS_CERT: 'c', SONDE_FLEET_TLS_KEY: 'k' })).toEqual([]);
  });

  it('asks agents for certificates only over TLS', () => {
    expect(problemsOf({ SONDE_FLEET_TLS_CLIENT_CA: 'ca' })).toEqual(['SONDE_FLEET_TLS_CERT']);
    const read = readCoordinatorConfig({ ...base, SONDE_FLEET_TLS_CERT: 'c', SONDE_FLEET_TLS_KEY: 'k', SONDE_FLEET_TLS_CLIENT_CA: 'ca' });
    expect(read.ok && read.config.fleet.tls).toEqual({ certPath: 'c', keyPath: 'k', clientCaPath: 'ca' });
  });

  it('wants all of a provider of text messages or nothing, and networks that are networks', () => {
    expect(problemsOf({ SONDE_TWILIO_ACCOUNT: 'AC1' })).toEqual(['SONDE_TWILIO_TOKEN', 'SONDE_TWILIO_FROM']);
    expect(problemsOf({ SONDE_WEBHOOK_ALLOW_NETWORKS: '10.0.0.1/8', SONDE_SMTP_URL: 'http://mail' })).toEqual(['SONDE_SMTP_URL', 'SONDE_WEBHOOK_ALLOW_NETWORKS']);
    const read = readCoordinatorConfig({ ...base, SONDE_TWILIO_ACCOUNT: 'AC1', SONDE_TWILIO_TOKEN: '0123456789abcdef', SONDE_TWILIO_FROM: '+491', SONDE_WEBHOOK_ALLOW_NETWORKS: '10.0.0.0/8' });
    expect(read.ok && [read.config.notices.twilio?.url, read.config.notices.webhooks.allowNetworks.map(({ text }) => text)]).toEqual(['https://api.twilio.com', ['10.0.0.0/8']]);
  });

  it('takes a provider over https, with a client, and people without an invitation from named domains alone', () => {
    const given = { SONDE_OIDC_ISSUER: 'https://id.example/', SONDE_OIDC_CLIENT_ID: 'sonde' };
    expect(problemsOf({ SONDE_OIDC_ISSUER: 'http://id.example' })).toEqual(['SONDE_OIDC_CLIENT_ID', 'SONDE_OIDC_ISSUER']);
    expect(problemsOf({ SONDE_OIDC_CLIENT_ID: 'sonde' })).toEqual(['SONDE_OIDC_ISSUER']);
    expect(problemsOf({ ...given, SONDE_OIDC_NEW_USERS: 'viewer' })).toEqual(['SONDE_OIDC_EMAIL_DOMAINS']);
    expect(problemsOf({ ...given, SONDE_OIDC_NEW_USERS: 'owner' })).toEqual(['SONDE_OIDC_NEW_USERS']);
    expect(problemsOf({ ...given, SONDE_OIDC_EMAIL_DOMAINS: 'example.com' })).toEqual(['SONDE_OIDC_NEW_USERS']);
    expect(problemsOf({ ...given, SONDE_OIDC_CLIENT_SECRET_FILE: '/nowhere/at/all' })).toEqual(['SONDE_OIDC_CLIENT_SECRET_FILE']);
    const read = readCoordinatorConfig({ ...base, ...given, SONDE_OIDC_NEW_USERS: 'viewer', SONDE_OIDC_EMAIL_DOMAINS: 'Example.com, example.org' });
    expect(read.ok && read.config.oidc).toEqual({
      issuer: 'https://id.example/', clientId: 'sonde', clientSecret: null, providerName: 'single sign-on', newUsers: { role: 'viewer', emailDomains: ['example.com', 'example.org'], accountId: null },
    });
  });

  it('wants a key for each certificate and a certificate for each key', () => {
    expect(problemsOf({ SONDE_HTTP_TLS_CERT: 'c', SONDE_FLEET_TLS_KEY: 'k' })).toEqual(['SONDE_HTTP_TLS_KEY', 'SONDE_FLEET_TLS_CERT']);
  });
});
