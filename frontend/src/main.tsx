// Starts the page.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@fontsource-variable/inter';
import './styles/tokens.css';
import './styles/base.css';
import './styles/popups.css';
import './styles/sign-in.css';
import './styles/layout.css';
import './styles/sidebar.css';
import './styles/room.css';
import './styles/messages.css';
import './styles/applause.css';
import './styles/composer.css';
import './styles/directory.css';
import { createSessionStore } from './session';
import { App } from './ui/App';

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App session={createSessionStore()} />
    </StrictMode>,
  );
}
