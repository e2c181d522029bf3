// How much of the window is not covered by a keyboard on the screen, where the browser does not make the page smaller by itself.

/** Keeps `--visible` at the visible height for as long as the page lives. */
export function keepVisible() {
  const view = window.visualViewport;
  if (!view) return;
  const root = document.documentElement;
  const follow = () => {
    // Pinched, the page is larger than what is seen of it on purpose.
    const covered = view.scale === 1 && window.innerHeight - view.height > 1;
    if (covered) root.style.setProperty('--visible', `${view.height}px`);
    else root.style.removeProperty('--visible');
    if (covered) window.scrollTo(0, 0);
  };
  view.addEventListener('resize', follow);
  view.addEventListener('scroll', follow);
}
