// Tells a room that somebody types: at most one `start` in three seconds, and a `stop` as soon as the text is sent or gone.
import { GAP_MS } from './bounds.js';

export interface TypingSignal {
  /** To be called with the whole text after each change of it. */
  changed(text: string): void;
  /** The text was sent, or the room left. */
  stop(): void;
}

export function typingSignal(emit: (event: 'typing:start' | 'typing:stop') => void): TypingSignal {
  let typing = false;
  let lastStart = Number.NEGATIVE_INFINITY;
  let later: ReturnType<typeof setTimeout> | undefined;

  function start() {
    clearTimeout(later);
    later = undefined;
    typing = true;
    lastStart = performance.now();
    emit('typing:start');
  }

  function stop() {
    clearTimeout(later);
    later = undefined;
    if (typing) emit('typing:stop');
    typing = false;
  }

  function changed(text: string) {
    if (text.trim() === '') return stop();
    const wait = lastStart + GAP_MS - performance.now();
    if (wait <= 0) start();
    else if (!typing) later ??= setTimeout(start, wait);
  }

  return { changed, stop };
}
