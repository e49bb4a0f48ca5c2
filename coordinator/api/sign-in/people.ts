import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiDeps } from '../api-app.ts';
import type { Role, UserStore } from '../users-port.ts';
import type { OidcClientSettings } from './oidc-provider.ts';
import { Passwords } from './password.ts';
import { giveSessionCookie, SESSION_IDLE_MS, SESSION_LASTS_MS, sessionTokenOf, takeSessionCookie, type Reached } from './session-cookie.ts';
import { SignInLimits } from './sign-in-limits.ts';

/** What lets people in, beside keys. Left out of `ApiOptions`: keys alone. */
export type PeopleOptions = {
  readonly store: UserStore;
  readonly reached: Reached;
  /** Where people open the dashboard, for links; null: where the request came to. */
  readonly publicUrl: string | null;
  /** Left out: people sign in with a password alone. */
  readonly oidc?: OidcClientSettings & {
    readonly providerName: string;
    readonly newUsers: { readonly role: Role; readonly emailDomains: readonly string[]; readonly accountId: string | null } | null;
  };
  /** Called once somebody has set up: the token is spent. */
  readonly onSetUp?: () => Promise<void>;
};

/** What the routes of people share. */
export type People = PeopleOptions & {
  readonly passwords: Passwords;
  readonly limits: SignInLimits;
  readonly deps: ApiDeps;
};

const TOKEN_BYTES = 32;
const USER_AGENT_CHARS_MAX = 300;

export function openPeople(options: PeopleOptions, deps: ApiDeps): People {
  return { ...options, deps, passwords: new Passwords(deps.randomBytes), limits: new SignInLimits(deps.clock) };
}

/** A one-time token or a session's: 256 bits, as it goes into links and cookies. */
export function newToken({ deps }: Pick<People, 'deps'>): string {
  return Buffer.from(deps.randomBytes(TOKEN_BYTES)).toString('base64url');
}

/** Opens a session and gives its cookie. */
export async function signIn(people: People, request: FastifyRequest, reply: FastifyReply, who: { readonly accountId: string; readonly userId: string }): Promise<string> {
  const token = newToken(people);
  giveSessionCookie(reply, token, people.reached);
  await people.store.openUserSession({
    id: people.deps.ids(), ...who, tokenHash: people.deps.hashToken(token),
    address: request.ip, userAgent: (request.headers['user-agent'] ?? '').slice(0, USER_AGENT_CHARS_MAX).toWellFormed(), lastsMs: SESSION_LASTS_MS,
  });
  return token;
}

/** The session a browser presents, if it is live. */
export async function presentedSession({ store, reached, deps }: Pick<People, 'store' | 'reached' | 'deps'>, request: FastifyRequest): ReturnType<UserStore['findUserSession']> {
  const token = sessionTokenOf(request, reached);
  return token === null ? null : store.findUserSession(deps.hashToken(token), SESSION_IDLE_MS);
}

/** Ends it, if there is one; the browser forgets it either way. */
export async function signOut({ store, reached, deps }: People, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const token = sessionTokenOf(request, reached);
  takeSessionCookie(reply, reached);
  if (token !== null) await store.endUserSession(deps.hashToken(token));
}

/** Where a link for somebody else begins. */
export function linkBase({ publicUrl }: Pick<People, 'publicUrl'>, request: FastifyRequest): string {
  return publicUrl ?? `${request.protocol}://${request.host}`;
}
