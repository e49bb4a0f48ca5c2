import type * as OpenId from 'openid-client';
import type { Clock } from '#shared/time/clock.ts';

/** What the provider is asked with; as in the settings of the coordinator. */
export type OidcClientSettings = {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: { reveal(): string } | null;
};

/** What of one visit the browser keeps until it comes back. */
export type OidcVisit = { readonly state: string; readonly nonce: string; readonly codeVerifier: string };

export type OidcPerson = { readonly issuer: string; readonly subject: string; /** Lower case; null: none, or not verified. */ readonly verifiedEmail: string | null; readonly name: string | null };

/** Seconds, of each request to the provider. */
const TIMEOUT_S = 10;
/** Addresses and keys of a provider change now and then; keys are fetched anew by themselves when an unknown one signs. */
const KNOWN_FOR_MS = 3_600_000;
const SCOPE = 'openid email profile';
const NAME_CHARS_MAX = 100;
const SUBJECT_CHARS_MAX = 255;

/** The authorization code flow with PKCE, state and nonce; ID tokens are believed by their signature alone. */
export class OidcProvider {
  readonly #settings: OidcClientSettings;
  readonly #clock: Clock;
  #known: { readonly at: number; readonly config: Promise<OpenId.Configuration> } | null = null;

  constructor(settings: OidcClientSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** Where to send the browser. Throws when the provider cannot be asked. */
  async begin(redirectUri: string): Promise<{ readonly url: URL; readonly visit: OidcVisit }> {
    const client = await import('openid-client');
    const config = await this.#discovered(client);
    const visit = { state: client.randomState(), nonce: client.randomNonce(), codeVerifier: client.randomPKCECodeVerifier() };
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri, scope: SCOPE, state: visit.state, nonce: visit.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(visit.codeVerifier), code_challenge_method: 'S256',
    });
    return { url, visit };
  }

  /** `cameBackTo`: the redirect address with what the provider added. Throws whatever does not fit, or when the provider cannot be asked. */
  async finish(cameBackTo: URL, { state, nonce, codeVerifier }: OidcVisit): Promise<OidcPerson> {
    const client = await import('openid-client');
    const config = await this.#discovered(client);
    const tokens = await client.authorizationCodeGrant(config, cameBackTo, { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: codeVerifier, idTokenExpected: true });
    const claims = tokens.claims();
    if (claims === undefined || claims.sub.length > SUBJECT_CHARS_MAX) throw new Error('the provider gave no ID token that says who it is');
    // Some say the address to those who ask again only.
    const said = claims['email'] === undefined && config.serverMetadata().userinfo_endpoint !== undefined
      ? await client.fetchUserInfo(config, tokens.access_token, claims.sub) : claims;
    const name = typeof said['name'] === 'string' ? said['name'].trim().slice(0, NAME_CHARS_MAX).toWellFormed() : '';
    return { issuer: config.serverMetadata().issuer, subject: claims.sub, verifiedEmail: verifiedEmailOf(said), name: name === '' ? null : name };
  }

  async #discovered(client: typeof OpenId): Promise<OpenId.Configuration> {
    const nowMs = this.#clock.monotonicUs() / 1_000;
    if (this.#known === null || nowMs - this.#known.at > KNOWN_FOR_MS) {
      const known = { at: nowMs, config: this.#discover(client) };
      this.#known = known;
      // One that did not answer is asked again next time.
      known.config.catch(() => { if (this.#known === known) this.#known = null; });
    }
    return this.#known.config;
  }

  #discover(client: typeof OpenId): Promise<OpenId.Configuration> {
    const { issuer, clientId, clientSecret } = this.#settings;
    const url = new URL(issuer);
    return client.discovery(url, clientId, undefined, clientSecret === null ? client.None() : client.ClientSecretBasic(clientSecret.reveal()), {
      timeout: TIMEOUT_S,
      // The settings let http: through for this machine alone.
      execute: [client.enableNonRepudiationChecks, ...(url.protocol === 'http:' ? [client.allowInsecureRequests] : [])],
    });
  }
}

function verifiedEmailOf(said: Readonly<Record<string, unknown>>): string | null {
  const { email, email_verified: isVerified } = said;
  if (typeof email !== 'string' || isVerified !== true) return null;
  const address = email.trim().toLowerCase();
  return /^[^\s@]+@[^\s@]+$/.test(address) && address.length <= 254 ? address : null;
}
