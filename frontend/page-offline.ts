// What makes the page open without a connection: a worker that keeps its files, and the manifest for those who install it.
import { VitePWA } from 'vite-plugin-pwa';

export function pageOffline() {
  return VitePWA({
    strategies: 'generateSW',
    // A newer page waits until the user asks for it: src/app/service-worker.ts.
    registerType: 'prompt',
    injectRegister: false,
    manifest: {
      id: '/',
      name: 'Belfry',
      short_name: 'Belfry',
      description: 'Rooms to talk in, with a history that stays.',
      start_url: '/',
      display: 'standalone',
      theme_color: '#f6f2ea',
      background_color: '#f6f2ea',
      categories: ['social', 'productivity'],
      icons: [
        { src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
        { src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
        { src: '/icon-maskable.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        { src: '/bell.svg', sizes: 'any', type: 'image/svg+xml' },
      ],
    },
    includeManifestIcons: false,
    workbox: {
      inlineWorkboxRuntime: true,
      cleanupOutdatedCaches: true,
      // The page itself; nothing of what people say. Other letters' fonts and the emoji come when they are used.
      globPatterns: [
        'index.html',
        'theme.js',
        'bell.svg',
        'assets/*.{js,css}',
        'assets/inter-latin-wght*.woff2',
      ],
      // Only the page's own address is the page: the API and the socket are never answered from here.
      navigateFallback: '/index.html',
      navigateFallbackAllowlist: [/^\/$/],
      runtimeCaching: [
        {
          // Their names carry their hash.
          urlPattern: ({ url, sameOrigin }) => sameOrigin && url.pathname.startsWith('/assets/'),
          handler: 'CacheFirst',
          options: { cacheName: 'assets', expiration: { maxEntries: 60 } },
        },
      ],
    },
  });
}
