/** The tags that say a target is ours, and whose run wrote it. Policies in AWS name STATE_TAG. */
export const INSTALLATION_TAG = "glovebox-installation";
export const STATE_TAG = "glovebox-state";
export const MIGRATION_TAG = "glovebox-migration";
export const REQUEST_TAG = "glovebox-request";
export const OWN_TAGS = [INSTALLATION_TAG, STATE_TAG, MIGRATION_TAG, REQUEST_TAG];
