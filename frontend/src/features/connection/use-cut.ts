// Whether there has been no connection for a moment: short cuts, and the start of the page, pass without a word.
import { useConnection } from '@belfry/react';
import { useEffect, useState } from 'react';

export const PATIENCE_MS = 800;

export function useCut(): boolean {
  const down = useConnection(({ downSince }) => downSince !== null);
  const [cut, setCut] = useState(false);

  useEffect(() => {
    if (!down) return setCut(false);
    const timer = setTimeout(() => setCut(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [down]);

  return cut && down;
}
