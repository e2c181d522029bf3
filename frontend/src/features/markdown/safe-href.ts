// Which addresses may become a link: those of pages and of mail, and nothing that runs in this page.

const MAY = new Set(['http:', 'https:', 'mailto:']);

/** As the browser will read it; `null` where it must not be a link. */
export function safeHref(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  return MAY.has(url.protocol) ? url.href : null;
}
