import { readFileSync } from 'node:fs';
import { type Environment, givenText, settingProblem, type SettingProblem } from '#shared/settings/read-settings.ts';
import { Secret } from '#shared/settings/secret.ts';
import { optional, type SettingsOf, withDefault } from '#shared/settings/setting.ts';
import { domainNames, isLoopbackHost, issuerUrl, oneOf, text, token, uuid } from '#shared/settings/values.ts';

/** Signing in at somebody else's: an OpenID Connect provider. */
export type OidcSettings = {
  readonly issuer: string;
  readonly clientId: string;
  /** null: a public client, which PKCE alone vouches for. */
  readonly clientSecret: Secret | null;
  /** On the button. */
  readonly providerName: string;
  /** Who comes without an invitation; null: nobody. `accountId` null: into the first account. */
  readonly newUsers: { readonly role: NewUserRole; readonly emailDomains: readonly string[]; readonly accountId: string | null } | null;
};

/** Nobody becomes owner or admin by having an address. */
const NEW_USER_ROLES = ['editor', 'runner', 'viewer'] as const;
export type NewUserRole = (typeof NEW_USER_ROLES)[number];

export const oidcSettings = {
  oidcIssuer: optional('SONDE_OIDC_ISSUER', issuerUrl(), 'people sign in with a password', {
    about: 'OpenID Connect provider that people may sign in at', hint: 'Give its issuer, for example https://id.example.com; http:// is for this machine only.',
  }),
  oidcClientId: optional('SONDE_OIDC_CLIENT_ID', text(), 'people sign in with a password', {
    about: 'client that the provider knows this installation as', hint: 'Register one with the redirect address <SONDE_PUBLIC_URL>/v1/session/oidc/callback.',
  }),
  oidcClientSecret: optional('SONDE_OIDC_CLIENT_SECRET', token(), 'a public client', {
    about: 'secret of that client', secrecy: 'secret', hint: 'Leave it out where the provider gave none.',
  }),
  oidcClientSecretFile: optional('SONDE_OIDC_CLIENT_SECRET_FILE', text(), 'no file is read', {
    about: 'file with that secret', hint: 'Give the path of a file with nothing but the secret.',
  }),
  oidcName: withDefault('SONDE_OIDC_NAME', text(), 'single sign-on', {
    about: 'what the button on the sign-in page calls the provider', hint: 'Give a short name, for example Okta.',
  }),
  oidcNewUsers: withDefault('SONDE_OIDC_NEW_USERS', oneOf(['invited', ...NEW_USER_ROLES]), 'invited', {
    about: 'who may come: only people who were invited, or everybody of SONDE_OIDC_EMAIL_DOMAINS, in the role named here',
    hint: 'Leave it out, or name the role of people who come without an invitation: viewer, runner or editor.',
  }),
  oidcEmailDomains: optional('SONDE_OIDC_EMAIL_DOMAINS', domainNames(), 'only invited people come', {
    about: 'domains of addresses that need no invitation', hint: 'Give domains such as example.com,example.org, together with SONDE_OIDC_NEW_USERS.',
  }),
  oidcAccount: optional('SONDE_OIDC_ACCOUNT', uuid(), 'the first account', {
    about: 'account that people without an invitation join', hint: 'Give the id of an account: `GET /v1/accounts/me` says it.',
  }),
} as const;

/** null: not set. Problems are those between settings; none shows what is in the file of the secret. */
export function readOidc(s: SettingsOf<typeof oidcSettings>, env: Environment, readFile: (path: string) => string = readText): { readonly oidc: OidcSettings | null; readonly problems: readonly SettingProblem[] } {
  const problems = problemsBetween(s, env);
  const file = s.oidcClientSecret === null && s.oidcClientSecretFile !== null ? readSecretFile(s.oidcClientSecretFile, readFile) : { secret: null, problems: [] };
  problems.push(...file.problems);
  if (problems.length > 0 || s.oidcIssuer === null || s.oidcClientId === null) return { oidc: null, problems };
  return {
    problems,
    oidc: {
      issuer: s.oidcIssuer, clientId: s.oidcClientId, clientSecret: s.oidcClientSecret ?? file.secret, providerName: s.oidcName,
      newUsers: s.oidcNewUsers === 'invited' ? null : { role: s.oidcNewUsers, emailDomains: s.oidcEmailDomains ?? [], accountId: s.oidcAccount },
    },
  };
}

function problemsBetween(s: SettingsOf<typeof oidcSettings>, env: Environment): SettingProblem[] {
  const problems: SettingProblem[] = [];
  const { oidcIssuer, oidcClientId, oidcEmailDomains, oidcNewUsers } = oidcSettings;
  if (s.oidcIssuer !== null && s.oidcClientId === null) problems.push(settingProblem(oidcClientId, null, `set, because ${oidcIssuer.variable} is`));
  if (s.oidcClientId !== null && s.oidcIssuer === null) problems.push(settingProblem(oidcIssuer, null, `set, because ${oidcClientId.variable} is`));
  if (s.oidcIssuer?.startsWith('http:') && !isLoopbackHost(new URL(s.oidcIssuer).hostname)) {
    problems.push(settingProblem(oidcIssuer, s.oidcIssuer, 'an https:// address: whoever is on the way could sign in as anybody'));
  }
  // At a provider that is open to the world everybody has an address.
  if (s.oidcNewUsers !== 'invited' && s.oidcEmailDomains === null) problems.push(settingProblem(oidcEmailDomains, null, `set, because ${oidcNewUsers.variable} is ${s.oidcNewUsers}`));
  if (s.oidcNewUsers === 'invited' && s.oidcEmailDomains !== null) problems.push(settingProblem(oidcNewUsers, givenText(env, oidcNewUsers.variable), `a role, because ${oidcEmailDomains.variable} is set`));
  return problems;
}

function readSecretFile(path: string, readFile: (path: string) => string): { readonly secret: Secret | null; readonly problems: readonly SettingProblem[] } {
  const wrong = (limit: string) => ({ secret: null, problems: [settingProblem(oidcSettings.oidcClientSecretFile, path, limit)] });
  try {
    const parsed = token().safeParse(readFile(path).trim());
    return parsed.success ? { secret: parsed.data, problems: [] } : wrong(`a file that holds a secret: ${parsed.error.issues.map(({ message }) => message).join(', and ')}`);
  } catch (error) {
    return wrong(`a file that can be read (${(error as NodeJS.ErrnoException).code ?? 'an error'})`);
  }
}

const readText = (path: string): string => readFileSync(path, 'utf8');
