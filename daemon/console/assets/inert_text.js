// Text that users typed, made safe to look at: what would hide, reorder or imitate other text is
// shown by its number instead.

/**
 * One run of a text: either characters to show as they are, or one character that must be spelled.
 * @typedef {{text: string, code: number|null}} TextRun
 */

// Controls, format characters (bidi controls, zero-width ones, tags), line and paragraph
// separators, unpaired surrogates, private use, blank letters, and variation selectors that could
// hide data. The joiner of emoji is told by its neighbours, see `visibleRuns`.
const kUnseen =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u{e0100}-\u{e01ef}]/u;
const kPictograph = /^[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]$/u;
const kJoiner = '\u200d';

/**
 * Splits a text into runs that can be shown and characters that must be spelled out.
 * @param {string} text
 * @returns {TextRun[]}
 */
export function visibleRuns(text) {
  /** @type {TextRun[]} */
  const runs = [];
  const characters = [...text];
  let shown = '';
  characters.forEach((character, at) => {
    const joinsPictures = character === kJoiner && kPictograph.test(characters[at - 1] ?? '') &&
      kPictograph.test(characters[at + 1] ?? '');
    if (joinsPictures || !kUnseen.test(character)) {
      shown += character;
      return;
    }
    if (shown) runs.push({ text: shown, code: null });
    shown = '';
    runs.push({ text: character, code: /** @type {number} */ (character.codePointAt(0)) });
  });
  if (shown) runs.push({ text: shown, code: null });
  return runs;
}

/**
 * The usual name of a character: `U+202E`.
 * @param {number} code
 */
export function codeName(code) {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

/**
 * The same text where only characters can be: titles, labels, announcements.
 * @param {string} text
 */
export function plainText(text) {
  return visibleRuns(text)
    .map((run) => (run.code === null ? run.text : `[${codeName(run.code)}]`))
    .join('');
}

/**
 * One or two letters that stand for a person in place of a picture.
 * @param {string} name
 * @param {string} userId  when the name has none
 */
export function initials(name, userId) {
  for (const source of [name, userId]) {
    const words = source.match(/[\p{L}\p{N}]+/gu);
    if (!words) continue;
    const letters = words.length > 1 ? [words[0], words[words.length - 1]] : [words[0]];
    return letters.map((word) => [...word][0]).join('').toUpperCase();
  }
  return '?';
}

/**
 * One of eight colours of a person, the same each time.
 * @param {string} userId
 */
export function toneOf(userId) {
  let sum = 7;
  for (const character of userId) sum = (sum * 31 + /** @type {number} */ (character.codePointAt(0))) % 65_521;
  return sum % 8;
}
