// The chosen theme, before anything is painted. src/design/theme.ts keeps it.
try {
  const kept = localStorage.getItem('belfry.theme');
  if (kept === 'light' || kept === 'dark') document.documentElement.dataset.theme = kept;
} catch {
  // A browser that keeps nothing shows the system's.
}
