// Whether this device shows notifications outside the page: the person's choice here, and what the browser says to it.

/** `unsupported`: the browser has none, or none for this page. `refused`: it has been told to show none of this page. */
export type DesktopState = 'unsupported' | 'refused' | 'off' | 'on';

const SWITCH = 'belfry.alerts';
/** Shown, and not closed as far as is known. */
const onDesktop = new Set<Notification>();
const listeners = new Set<() => void>();
/** Where the browser keeps nothing, the choice holds as long as the page is open. */
let unkept: boolean | null = null;

export function desktopState(): DesktopState {
  if (!('Notification' in window) || !window.isSecureContext) return 'unsupported';
  if (Notification.permission === 'denied') return 'refused';
  return Notification.permission === 'granted' && wanted() ? 'on' : 'off';
}

/** Only from a press: browsers ask nobody otherwise. */
export async function turnOn(): Promise<void> {
  if (desktopState() === 'unsupported') return;
  const permission = Notification.permission === 'default' ? await Notification.requestPermission() : null;
  if ((permission ?? Notification.permission) === 'granted') choose(true);
  tell();
}

export function turnOff(): void {
  choose(false);
  tell();
}

/** Takes away what is shown, and the choice: the next one here is asked anew. */
export function forgetDesktop(): void {
  for (const shown of onDesktop) shown.close();
  onDesktop.clear();
  unkept = null;
  try {
    localStorage.removeItem(SWITCH);
  } catch {
    // Nothing was kept either.
  }
  tell();
}

export function onDesktopState(listener: () => void): () => void {
  listeners.add(listener);
  // Another tab has changed it, or the person has been to the browser's settings.
  window.addEventListener('storage', listener);
  window.addEventListener('focus', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', listener);
    window.removeEventListener('focus', listener);
  };
}

/** Shows one; a later one of the same room takes its place. Whether the browser took it. */
export function showOnDesktop(title: string, body: string, tag: string, onPress: () => void): boolean {
  try {
    const shown = new Notification(title, { body, tag, icon: '/bell.svg' });
    onDesktop.add(shown);
    shown.onclose = () => onDesktop.delete(shown);
    shown.onclick = () => {
      window.focus();
      shown.close();
      onPress();
    };
    return true;
  } catch {
    // Some phones have the interface, and take notifications from elsewhere only.
    return false;
  }
}

function wanted(): boolean {
  if (unkept !== null) return unkept;
  try {
    return localStorage.getItem(SWITCH) === 'on';
  } catch {
    return false;
  }
}

function choose(on: boolean): void {
  try {
    localStorage.setItem(SWITCH, on ? 'on' : 'off');
    unkept = null;
  } catch {
    unkept = on;
  }
}

function tell(): void {
  for (const listener of [...listeners]) listener();
}
