import { guardUrls } from './object-store/http/guard-urls.js';
import { guardStore } from './object-store/guard-store.js';
import type { PlaceOpeners } from './worker/migration/open-places.js';
import { breakerOptions, guardedStores, type WorkerParts } from './worker-role.js';

type OpenerParts = Pick<WorkerParts, 'config' | 'stores' | 'guards' | 'storeObserver'>;

/**
 * Opens the places of migration tasks. Every call of a store goes through the limits, deadlines, retries and breaker of the
 * endpoint that it is for; URLs lead to many hosts, each of which has a breaker of its own.
 */
export function placeOpeners(parts: OpenerParts): PlaceOpeners {
  const { config, stores, guards, storeObserver: observer } = parts;
  const { transfer } = config;
  const common = { guards, retry: transfer, deadlines: transfer, observer };
  return {
    bucket: guardedStores(parts),
    throughCdn: (location, credentials, options, cdn, authenticationKey) => {
      const secrets = { ...(authenticationKey !== undefined && { authenticationKey }), credentials };
      const bucket = stores.open(location, credentials, options);
      try {
        return guardStore(stores.throughCdn(bucket, cdn, secrets), { ...common, endpoint: `cdn ${cdn.domain}` });
      } catch (error) {
        void bucket.close();
        throw error;
      }
    },
    urls: () => guardUrls(stores.openUrls(), { ...common, breaker: breakerOptions(config) }),
  };
}
