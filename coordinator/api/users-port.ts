/** What users, their sessions, invitations and API keys need of the store. A method with an `accountId` sees that account only. */
import type { Caller } from './ports.ts';

export const ROLES = ['owner', 'admin', 'editor', 'runner', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

/** The person behind a session. */
export type SignedIn = {
  readonly id: string; readonly name: string; readonly email: string; readonly role: Role;
  readonly isOperator: boolean; readonly sessionId: string;
};

export type User = { readonly id: string; readonly name: string; readonly email: string; readonly role: Role; readonly createdAtMs: number; readonly lastSeenAtMs: number | null };

export type NewSession = {
  readonly id: string; readonly accountId: string; readonly userId: string; readonly tokenHash: Uint8Array;
  readonly address: string; readonly userAgent: string; readonly lastsMs: number;
};

export type UserSession = {
  readonly id: string; readonly address: string; readonly userAgent: string;
  readonly createdAtMs: number; readonly lastSeenAtMs: number; readonly expiresAtMs: number;
};

export type Invitation = {
  readonly id: string; readonly email: string; readonly role: Role; readonly invitedBy: string;
  readonly createdAtMs: number; readonly expiresAtMs: number;
};

export type ApiKeyRow = {
  readonly id: string; readonly name: string; readonly masked: string; readonly scopes: readonly string[];
  readonly createdAtMs: number; readonly expiresAtMs: number | null; readonly lastUsedAtMs: number | null;
};

export type AuditEntry = {
  readonly accountId: string;
  readonly actor: { readonly kind: 'user' | 'key' | 'stranger'; readonly id: string; readonly name: string };
  /** `POST /v1/checks/tcp`: the route, as registered. */
  readonly action: string;
  /** Of what it was done to; null where there is none. */
  readonly target: string | null;
  readonly address: string;
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>>;
};
/** What a request of the API will leave in the audit log, if it changes something. */
export type AuditDraft = {
  /**
   * `made`: what the change's transaction answered; `by`: who it turned out to be, where the transaction found that out,
   * or null. null: not (yet) to be told.
   */
  entryOf(made: unknown, by: Pick<AuditEntry, 'accountId' | 'actor'> | null): AuditEntry | null;
  /** It has been written, or the request is over. */
  isDone: boolean;
};
export type StoredAuditEntry = AuditEntry & { readonly id: number; readonly atMs: number };

export type OidcEntry = {
  readonly issuer: string;
  readonly subject: string;
  /** In lower case; null: none, or not verified by the provider. */
  readonly verifiedEmail: string | null;
  /** null: as the address. */
  readonly name: string | null;
  /** The id of the user, should one be made. */
  readonly newUserId: string;
  /** Who is signed in here already; may connect what has a password. */
  readonly signedInUserId: string | null;
  /** The account and role of whoever comes without an invitation; null: nobody does. `accountId` null: the first account. */
  readonly newcomers: { readonly accountId: string | null; readonly role: Role } | null;
};
export type OidcRefusal =
  /** Nobody of this subject is known, and the provider vouches for no address. */
  | 'unverified'
  | 'not_invited'
  /** Somebody signs in with a password under this address: sign in with it, then connect. */
  | 'has_password'
  /** The address belongs to somebody whom the provider calls otherwise. */
  | 'other_person';

type NewUser = { readonly id: string; readonly name: string; readonly email: string; readonly passwordHash: string };
type Unchanged = 'not_found' | 'last_owner';

export type UserStore = {
  /** null when the token opens nothing, any more or at all. Notes the use. */
  findUserSession(tokenHash: Uint8Array, idleMs: number): Promise<(Omit<Caller, 'scopes'> & { readonly user: SignedIn }) | null>;

  /** Has nobody set up this installation yet? */
  isSetupNeeded(): Promise<boolean>;
  /** Lets this token set up, as long as nobody has. */
  offerSetup(tokenHash: Uint8Array): Promise<void>;
  /** Makes the owner of the first account, who is the operator, too; every setup token is spent with it. */
  setUp(tokenHash: Uint8Array, owner: NewUser, accountName: string | null): Promise<'wrong_token' | { readonly accountId: string }>;

  /** Those the user is in, by name. */
  listAccountsOf(userId: string): Promise<readonly { readonly id: string; readonly name: string; readonly role: Role }[]>;
  /** Moves the session to another of the user's accounts; false: the user is not in it. */
  switchAccount(tokenHash: Uint8Array, accountId: string): Promise<boolean>;
  /** With the account joined first. */
  findUser(email: string): Promise<{ readonly id: string; readonly passwordHash: string | null; readonly accountId: string } | null>;
  openUserSession(session: NewSession): Promise<void>;
  endUserSession(tokenHash: Uint8Array): Promise<void>;
  listUserSessions(accountId: string, userId: string, idleMs: number): Promise<readonly UserSession[]>;
  revokeUserSession(accountId: string, userId: string, id: string): Promise<boolean>;
  passwordHashOf(userId: string): Promise<string | null>;
  /** `isConnected`: the provider of this issuer vouches for the user, too. */
  waysOf(userId: string, issuer: string): Promise<{ readonly hasPassword: boolean; readonly isConnected: boolean }>;
  /** Ends every other session of the user. */
  changePassword(userId: string, passwordHash: string, keptSessionId: string): Promise<void>;

  listUsers(accountId: string): Promise<readonly User[]>;
  changeRole(accountId: string, userId: string, role: Role): Promise<Unchanged | User>;
  /** Out of the account, with all sessions. */
  removeUser(accountId: string, userId: string): Promise<Unchanged | 'removed'>;

  listInvitations(accountId: string): Promise<readonly Invitation[]>;
  /** Replaces an open one of the same address. 'member': who has this address is in already. */
  invite(accountId: string, invitation: { id: string; email: string; role: Role; invitedBy: string; tokenHash: Uint8Array; lastsMs: number }): Promise<'member' | Invitation>;
  revokeInvitation(accountId: string, id: string): Promise<boolean>;
  findInvitation(tokenHash: Uint8Array): Promise<(Invitation & { readonly accountId: string; readonly accountName: string; readonly isUser: boolean }) | null>;
  /** Spends it. An address that is a user's already joins with the password it has. */
  acceptInvitation(tokenHash: Uint8Array, user: NewUser): Promise<'not_found' | { readonly accountId: string; readonly userId: string }>;

  /** Somebody whom the provider vouches for: known by its subject, or by a verified address, and let in as `OidcEntry` says. */
  enterByOidc(entry: OidcEntry): Promise<OidcRefusal | { readonly accountId: string; readonly userId: string; readonly email: string }>;

  listApiKeys(accountId: string): Promise<readonly ApiKeyRow[]>;
  createApiKey(accountId: string, key: { id: string; name: string; masked: string; hash: Uint8Array; scopes: readonly string[]; lastsMs: number | null }): Promise<ApiKeyRow>;
  revokeApiKey(accountId: string, id: string): Promise<boolean>;

  /** The first transaction within `work` that changes rows writes the draft's line with them, or neither is kept. */
  withAuditDraft<T>(draft: AuditDraft, work: () => T): T;
  /** What changed nothing and is told all the same: a refusal. */
  recordAudit(entry: AuditEntry): Promise<void>;
  /** Newest first; `beforeId` null begins at the newest. */
  listAudit(accountId: string, page: { readonly limit: number; readonly beforeId: number | null }): Promise<readonly StoredAuditEntry[]>;
};
