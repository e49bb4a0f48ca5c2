import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
// Has no types of its own, and only what is named below is used of it.
// @ts-expect-error
import Provider from 'oidc-provider';

/** Somebody the provider knows. */
export type Known = { readonly subject: string; readonly email?: string; readonly email_verified?: boolean; readonly name?: string };

export const A_CLIENT = { clientId: 'sonde', clientSecret: 'a secret of sixteen or more'.replaceAll(' ', '-') };

/**
 * A certified OpenID Connect provider (`oidc-provider`) on loopback. Its sign-in page offers everybody in `people` by a
 * button, and asks no consent; `/interaction/<id>/as/<subject>` is where a button leads.
 */
export class AProvider {
  readonly people = new Map<string, Known>();
  /** Its ID tokens are signed by a key that it does not name. */
  isForged = false;
  readonly #server: Server;
  readonly issuer: string;

  private constructor(server: Server, issuer: string) {
    this.#server = server;
    this.issuer = issuer;
  }

  /** `claimsInIdToken` false: the address is told to those who ask again only. */
  static async start({ claimsInIdToken = false }: { readonly claimsInIdToken?: boolean } = {}): Promise<AProvider> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const own = new AProvider(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const { privateKey } = aKeyPair();
    const provider = new Provider(own.issuer, {
      clients: [{ client_id: A_CLIENT.clientId, client_secret: A_CLIENT.clientSecret, redirect_uris: ['http://127.0.0.1/'], response_types: ['code'], grant_types: ['authorization_code'] }],
      jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'a', use: 'sig', alg: 'RS256' }] },
      cookies: { keys: [randomUUID()] }, conformIdTokenClaims: !claimsInIdToken,
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
      findAccount: (_context: unknown, subject: string) => ({ accountId: subject, claims: () => ({ sub: subject, ...own.people.get(subject), subject: undefined }) }),
      loadExistingGrant: async (context: any) => {
        const grant = new context.oidc.provider.Grant({ clientId: context.oidc.client.clientId, accountId: context.oidc.session.accountId });
        grant.addOIDCScope('openid email profile');
        await grant.save();
        return grant;
      },
    });
    // Installations of tests listen on any port.
    provider.Client.prototype.redirectUriAllowed = (uri: string): boolean => /^http:\/\/(127\.0\.0\.1|localhost):\d+\/v1\/session\/oidc\/callback$/.test(uri);
    const answer = provider.callback() as (request: IncomingMessage, response: ServerResponse) => void;
    server.on('request', (request, response) => void own.#serve(provider, answer, request, response));
    return own;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }

  async #serve(provider: any, answer: (request: IncomingMessage, response: ServerResponse) => void, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, interaction, uid, , chosen] = (request.url ?? '').split('/');
    if (this.isForged && request.url === '/jwks') {
      response.writeHead(200, { 'content-type': 'application/jwk-set+json' }).end(JSON.stringify({ keys: [{ ...aKeyPair().publicKey.export({ format: 'jwk' }), kid: 'a', use: 'sig', alg: 'RS256' }] }));
      return;
    }
    if (interaction !== 'interaction') return answer(request, response);
    if (chosen === undefined) {
      response.writeHead(200, { 'content-type': 'text/html' }).end(`<title>A provider</title>${[...this.people.keys()].map((subject) => `<p><a href="/interaction/${uid}/as/${subject}">${subject}</a>`).join('')}<p><a href="/interaction/${uid}/as/">Nobody</a>`);
      return;
    }
    await provider.interactionFinished(request, response, chosen === '' ? { error: 'access_denied' } : { login: { accountId: chosen } });
  }
}

const aKeyPair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
