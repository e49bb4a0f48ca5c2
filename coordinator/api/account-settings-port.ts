/** What an account says for itself beside its alert settings. */

/** Days that are kept, today not counted: rows, hourly and daily rollups. raw ≤ hourly ≤ daily. */
export type KeptDays = { readonly raw: number; readonly hourly: number; readonly daily: number };

export type AccountSettingsStore = {
  /** null: what the installation keeps. */
  readRetention(accountId: string): Promise<KeptDays | null>;
  /** null: back to what the installation keeps. What is beyond goes with the next round of the janitor, for good. */
  setRetention(accountId: string, days: KeptDays | null): Promise<void>;
  hasPublicBadges(accountId: string): Promise<boolean>;
  setPublicBadges(accountId: string, isOn: boolean): Promise<void>;
  /** Whose badge everybody may have; null: there is no such check, or its account has not said so. */
  findPublicBadge(checkId: string): Promise<{ readonly accountId: string } | null>;
};
