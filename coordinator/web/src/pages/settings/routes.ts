/** Users, API keys, audit log, the profile of whoever is signed in. */
export const settingsRoutes = [] as const;
