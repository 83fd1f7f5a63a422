import type { ListedObject } from './object-store.port.js';

/** The most objects that one page of a listing has. */
export const PAGE_OBJECTS = 1000;

/** The objects of a listing one by one, for those who do not care for pages. */
export async function* objectsOf(
  pages: AsyncIterable<readonly ListedObject[]>,
): AsyncGenerator<ListedObject, void, undefined> {
  for await (const page of pages) yield* page;
}
