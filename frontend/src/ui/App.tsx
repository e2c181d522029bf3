// Chooses between the sign-in page and the chat of whoever is signed in.
import { useEffect, useState, useSyncExternalStore } from 'react';
import { type Chat, createChat } from '../chat';
import type { SessionStore } from '../session';
import { ChatPage } from './ChatPage';
import { SignIn } from './SignIn';

export function App({ session }: { session: SessionStore }) {
  const user = useSyncExternalStore(session.subscribe, session.user);
  return user ? <SignedIn key={user.id} session={session} /> : <SignIn session={session} />;
}

function SignedIn({ session }: { session: SessionStore }) {
  const [chat, setChat] = useState<Chat | null>(null);
  useEffect(() => {
    const user = session.user();
    if (!user) return;
    const opened = createChat(session, user);
    setChat(opened);
    return () => opened.close();
  }, [session]);
  return chat && <ChatPage chat={chat} guest={session.isGuest()} onLogOut={session.logOut} />;
}
