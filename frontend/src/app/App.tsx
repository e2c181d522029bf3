// Chooses between the first page and the chat of whoever is signed in.
import { createClient, type Session, type User } from '@belfry/client';
import { ChatProvider, useReadable } from '@belfry/react';
import { useEffect, useRef, useState } from 'react';
import { Design } from '../design/Design';
import { lazyPart } from '../design/lazy-part';
import { forgetEmoji } from '../features/emoji/remembered';
import { forgetDesktop } from '../features/notifications/desktop';
import { forgetExports } from '../features/room-settings/export-jobs';
import { forgetRecent } from '../features/rooms/recent';
import { Keyboard } from '../keyboard';
import { go, HOME_ADDRESS } from '../routes';
import { ErrorBoundary } from './ErrorBoundary';
import { Layout } from './Layout';
import { NewVersion } from './NewVersion';

// Whoever is signed in does not need it.
const SignIn = lazyPart(() => import('../features/auth/SignIn').then(({ SignIn }) => SignIn));

export function App({ session }: { session: Session }) {
  return (
    <ErrorBoundary>
      <Design>
        <Keyboard>
          <Who session={session} />
          <NewVersion />
        </Keyboard>
      </Design>
    </ErrorBoundary>
  );
}

function Who({ session }: { session: Session }) {
  const { user, ended } = useReadable(session.state);
  const nobody = user === null;
  const loggedOut = nobody && ended === null;
  const before = useRef(user);
  useEffect(() => {
    if (!nobody) return;
    document.title = 'Belfry';
    forgetRecent();
    forgetExports();
    forgetEmoji();
    forgetDesktop();
  }, [nobody]);
  useEffect(() => {
    // The next one here is not to be led to this one's room. Who only has to sign in again goes on where they were.
    if (loggedOut && before.current) go(HOME_ADDRESS, { replace: true });
    before.current = user;
  }, [loggedOut, user]);
  if (user) return <Chat key={user.id} session={session} user={user} />;
  return <SignIn session={session} />;
}

function Chat({ session, user }: { session: Session; user: User }) {
  // One for as long as it is the same person; their name may change meanwhile.
  const [client] = useState(() =>
    createClient({ url: window.location.origin, getToken: session.getToken, user }),
  );
  return (
    <ChatProvider client={client}>
      <Layout session={session} />
    </ChatProvider>
  );
}
