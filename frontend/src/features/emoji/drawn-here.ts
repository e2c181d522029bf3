// Which emoji this system has pictures for: the newest version of which one is drawn, and whether flags are.

const SIZE_PX = 2;
const A_FLAG = '🇪🇺';

/** `samples`: any emoji with the version that brought it. */
export function drawnHere(samples: readonly (readonly [emoji: string, version: number])[]): {
  version: number;
  flags: boolean;
} {
  const canvas = document.createElement('canvas');
  canvas.width = SIZE_PX;
  canvas.height = SIZE_PX;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return { version: Number.POSITIVE_INFINITY, flags: true };
  const first = new Map(samples.toReversed().map(([emoji, version]) => [version, emoji]));
  const newestFirst = [...first].sort(([a], [b]) => b - a);
  const newest = newestFirst.find(([, emoji]) => isPicture(context, emoji));
  // A system without any may still have signs for them: letting everything through shows more than nothing.
  if (!newest) return { version: Number.POSITIVE_INFINITY, flags: true };
  return { version: newest[0], flags: isPicture(context, A_FLAG) };
}

/** A picture has colours of its own, whatever it is filled with, and is one sign wide. */
function isPicture(context: CanvasRenderingContext2D, emoji: string): boolean {
  context.font = `${SIZE_PX}px "Apple Color Emoji", "Noto Color Emoji", "Segoe UI Emoji", "Twemoji Mozilla", sans-serif`;
  context.textBaseline = 'middle';
  if (context.measureText(emoji).width >= 2 * SIZE_PX) return false;
  const drawnIn = (colour: string) => {
    context.clearRect(0, 0, SIZE_PX, SIZE_PX);
    context.fillStyle = colour;
    context.fillText(emoji, 0, SIZE_PX / 2);
    return context.getImageData(0, 0, SIZE_PX, SIZE_PX).data.join();
  };
  return drawnIn('#00f') === drawnIn('#f00');
}
