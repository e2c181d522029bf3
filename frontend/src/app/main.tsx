// Starts the page.
import { createSession } from '@belfry/client';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@fontsource-variable/inter';
import '../design/tokens.css';
import '../design/base.css';
import { paintBar } from '../design/theme';
import { App } from './App';
import { keepVisible } from './visible-height';

const root = document.getElementById('root');
if (root) {
  keepVisible();
  paintBar();
  createRoot(root).render(
    <StrictMode>
      <App session={createSession({ url: window.location.origin })} />
    </StrictMode>,
  );
}
