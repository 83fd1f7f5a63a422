import { getEventListeners } from 'node:events';
import { notWhenAborted, whenAborted } from './abort-calls.js';

describe('calls on abort', () => {
  it('are made once, in their order, with one listener for all', () => {
    const controller = new AbortController();
    const made: string[] = [];
    whenAborted(controller.signal, () => made.push('a'));
    whenAborted(controller.signal, () => made.push('b'));
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    controller.abort();
    controller.abort();
    expect(made).toEqual(['a', 'b']);
  });

  it('are not made when they were taken back, of another signal or not', () => {
    const controller = new AbortController();
    const made: string[] = [];
    const call = (): void => void made.push('a');
    notWhenAborted(controller.signal, call);
    whenAborted(controller.signal, call);
    notWhenAborted(new AbortController().signal, call);
    notWhenAborted(controller.signal, call);
    controller.abort();
    expect(made).toEqual([]);
  });

  it('are not made when one before took them back', () => {
    const controller = new AbortController();
    const made: string[] = [];
    const second = (): void => void made.push('second');
    whenAborted(controller.signal, () => {
      made.push('first');
      notWhenAborted(controller.signal, second);
    });
    whenAborted(controller.signal, second);
    controller.abort();
    expect(made).toEqual(['first']);
  });
});
