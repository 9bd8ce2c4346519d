// Shows the description of the API with the reader, redoc, in the colours of the other pages. A server that was built
// without it has no such script, and the page keeps its link.
const main = document.querySelector('main');

/** The reader computes with colours, and knows none of a style sheet's names for them. */
function colour(name) {
  main.style.color = `var(${name})`;
  return getComputedStyle(main).color;
}

/** Samples of replies have addresses that nobody serves. */
function unlinkSamples() {
  for (const link of main.querySelectorAll('.redoc-json a')) link.replaceWith(...link.childNodes);
}

if (window.Redoc) {
  document.documentElement.dataset.theme = 'light'; // in the dark, the reader has texts that cannot be read
  const { fontFamily } = getComputedStyle(document.body);
  const [text, quiet, accent, sunken, line] =
    ['--text', '--quiet', '--accent', '--sunken', '--line'].map(colour);
  main.style.color = '';
  main.className = '';
  new MutationObserver(unlinkSamples).observe(main, { childList: true, subtree: true });
  window.Redoc.init('openapi.yaml', {
    sideNavStyle: 'path-only',
    theme: {
      colors: {
        primary: { main: accent },
        text: { primary: text, secondary: quiet },
        border: { dark: line, light: line },
      },
      schema: { nestedBackground: sunken, typeNameColor: quiet, typeTitleColor: quiet },
      sidebar: { backgroundColor: sunken, textColor: text, activeTextColor: accent },
      typography: {
        fontFamily,
        headings: { fontFamily },
        code: { backgroundColor: sunken, color: text },
        links: { color: accent },
      },
    },
  }, main);
}
