// The theme: light, dark, or that of the system.

const kKey = 'rtcroomd.theme';
const kThemes = ['system', 'light', 'dark'];

/** @returns {string} */
export function chosenTheme() {
  const stored = localStorage.getItem(kKey) ?? '';
  return kThemes.includes(stored) ? stored : 'system';
}

/** @param {string} theme */
function apply(theme) {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** Applies the stored theme. */
export function applyTheme() {
  apply(chosenTheme());
}

/**
 * Switches to the next theme.
 * @returns {string}  its name
 */
export function nextTheme() {
  const theme = kThemes[(kThemes.indexOf(chosenTheme()) + 1) % kThemes.length];
  localStorage.setItem(kKey, theme);
  apply(theme);
  return theme;
}
