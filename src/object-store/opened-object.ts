import { Readable } from 'node:stream';
import type { ObjectInfo, OpenedObject } from './object-store.port.js';

/** An opened object whose content is here already. Its body is made for those only who read that: for small ones a stream costs most. */
export class CollectedObject implements OpenedObject {
  private stream: Readable | undefined;

  constructor(
    readonly info: ObjectInfo,
    readonly content: Buffer,
  ) {}

  get body(): Readable {
    const { content } = this;
    this.stream ??= Readable.from(content.length === 0 ? [] : [content], { objectMode: false });
    return this.stream;
  }
}

/** Ends what is not needed after all. */
export function discard(opened: OpenedObject): void {
  if (opened.content !== undefined) return;
  opened.body.on('error', () => undefined);
  opened.body.destroy();
}
