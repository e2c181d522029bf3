// What a link leads to, as a card. Each line has its height whether it is filled or not, and there is no picture: it would come from
// another host, and tell that host who reads here.
import type { Preview } from '@belfry/client';
import { safeHref } from '../markdown/safe-href';

export const PREVIEWS_SHOWN = 3;

export function Previews({ previews, active }: { previews: readonly Preview[]; active: boolean }) {
  if (previews.length === 0) return null;
  return (
    <ul className="previews">
      {previews.slice(0, PREVIEWS_SHOWN).map(({ url, title, description, siteName }) => {
        const href = safeHref(url);
        if (href === null) return null;
        return (
          <li key={url}>
            <a
              className="preview"
              href={href}
              target="_blank"
              rel="noopener noreferrer nofollow"
              tabIndex={active ? undefined : -1}
            >
              <span className="preview-site clip">{siteName || hostOf(href)}</span>
              <strong className="preview-title clip">{title || href}</strong>
              <span className="preview-words">{description}</span>
            </a>
          </li>
        );
      })}
    </ul>
  );
}

function hostOf(href: string): string {
  return new URL(href).host;
}
