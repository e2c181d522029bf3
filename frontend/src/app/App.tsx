// Chooses between the first page and the chat of whoever is signed in.
import { createClient, type Session, type User } from '@belfry/client';
import { ChatProvider, useReadable } from '@belfry/react';
import { useEffect, useState } from 'react';
import { Design } from '../design/Design';
import { lazyPart } from '../design/lazy-part';
import { forgetRecent } from '../features/rooms/recent';
import { Keyboard } from '../keyboard';
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
  const { user } = useReadable(session.state);
  const nobody = user === null;
  useEffect(() => {
    if (!nobody) return;
    document.title = 'Belfry';
    forgetRecent();
  }, [nobody]);
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
