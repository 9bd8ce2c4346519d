// Makes text that users typed safe to display: characters that would hide, reorder or imitate other
// text are replaced by their code points.

/**
 * One run of a text: either characters to show unchanged, or one character to spell out.
 * @typedef {{text: string, code: number|null}} TextRun
 */

// Controls, format characters (bidi controls, zero-width ones, tags), line and paragraph
// separators, unpaired surrogates, private use, the blank Braille pattern, and all code points that
// fonts render as nothing, assigned or not: blank letters, and variation selectors, which could
// hide data. Parts of emoji are recognized by their neighbours, see `isPartOfEmoji`.
const kUnseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}\u2800]/u;
const kPictograph = /^\p{Extended_Pictographic}$/u;
const kJoined = /^[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]$/u;
const kKey = /^[0-9#*]$/;
const kJoiner = '\u200d';
const kEmojiSelector = '\ufe0f';
const kKeycap = '\u20e3';

/**
 * Whether an invisible character joins its neighbours to one emoji, or is part of an emoji with the
 * one before it.
 * @param {string} before  one character, or empty
 * @param {string} character
 * @param {string} after  one character, or empty
 */
function isPartOfEmoji(before, character, after) {
  if (character === kJoiner) return kJoined.test(before) && kPictograph.test(after);
  if (character !== kEmojiSelector) return false;
  return kPictograph.test(before) || (kKey.test(before) && after === kKeycap);
}

/**
 * Splits a text into displayable runs and characters that must be spelled out.
 * @param {string} text
 * @returns {TextRun[]}
 */
export function visibleRuns(text) {
  /** @type {TextRun[]} */
  const runs = [];
  const characters = [...text];
  let shown = '';
  characters.forEach((character, at) => {
    if (!kUnseen.test(character) || isPartOfEmoji(characters[at - 1] ?? '', character, characters[at + 1] ?? '')) {
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
 * The same as plain text: for titles, labels, announcements.
 * @param {string} text
 */
export function plainText(text) {
  return visibleRuns(text)
    .map((run) => (run.code === null ? run.text : `[${codeName(run.code)}]`))
    .join('');
}

/**
 * One or two letters that represent a user in place of a picture.
 * @param {string} name
 * @param {string} userId  used when the name has none
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
 * One of eight colours for a user, always the same.
 * @param {string} userId
 */
export function toneOf(userId) {
  let sum = 7;
  for (const character of userId) sum = (sum * 31 + /** @type {number} */ (character.codePointAt(0))) % 65_521;
  return sum % 8;
}
