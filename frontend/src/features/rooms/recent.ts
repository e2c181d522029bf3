// Which rooms were open last, for the switcher; for this browser, until the user goes.

const KEY = 'belfry.recent';
const MOST = 30;

/** The newest first. */
export function recentRooms(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter((id): id is string => typeof id === 'string') : [];
  } catch {
    return [];
  }
}

export function rememberRecent(roomId: string) {
  const next = [roomId, ...recentRooms().filter((id) => id !== roomId)].slice(0, MOST);
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Then the switcher goes by name.
  }
}

export function forgetRecent() {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Nothing was kept either.
  }
}
