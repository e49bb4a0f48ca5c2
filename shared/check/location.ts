/** Where checks run from. Public locations are the operator's and shared; private ones belong to an account. */
export type Location = {
  /** UUID: what run ids are derived from. */
  readonly id: string;
  /** Public: the code users name in `locations`. Private: the slug they name in `privateLocations`. */
  readonly code: string;
  readonly name: string;
  readonly kind: 'public' | 'private';
  /** The owner of a private location; null for a public one. */
  readonly accountId: string | null;
};
