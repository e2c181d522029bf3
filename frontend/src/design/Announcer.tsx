// One polite live region for the whole page: what a screen reader says although nobody moved there.
import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';

const AnnounceContext = createContext<(text: string) => void>(() => undefined);

export function Announcer({ children }: { children: ReactNode }) {
  const [said, setSaid] = useState({ text: '', count: 0 });
  const announce = useCallback((text: string) => setSaid(({ count }) => ({ text, count: count + 1 })), []);
  return (
    <AnnounceContext value={announce}>
      {children}
      <div className="visually-hidden" aria-live="polite">
        {/* Another element each time, so that the same words are said again. */}
        <p key={said.count}>{said.text}</p>
      </div>
    </AnnounceContext>
  );
}

/** Says it once the reader has finished what it is saying. The same function always. */
export function useAnnounce(): (text: string) => void {
  return useContext(AnnounceContext);
}
