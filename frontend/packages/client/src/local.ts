// The page's localStorage, where there is one that lets itself be used.

/** `null` takes it away. Whether it could be done. */
export function put(key: string, text: string | null): boolean {
  try {
    const storage = shelf();
    if (text === null) storage?.removeItem(key);
    else storage?.setItem(key, text);
    return storage !== undefined;
  } catch {
    return false;
  }
}

/** Only a page's: other runtimes have a `localStorage` that is not one browser's. Some browsers throw at the mere name. */
export function shelf(): Storage | undefined {
  return globalThis.window?.localStorage;
}
