// What the page remembers: nothing, where a browser blocks cookies and thereby the storage of pages.

/** @param storage  'sessionStorage', of this tab, or 'localStorage'
 * @returns a text, or null */
export function recall(storage, key) {
  try {
    return globalThis[storage].getItem(key);
  } catch (error) { return null; }
}

export function remember(storage, key, value) {
  try {
    globalThis[storage].setItem(key, value);
  } catch (error) { /* the user is asked again */ }
}
