// Reads the headings of a Markdown document.
'use strict';

const fs = require('node:fs');

// The text without code blocks, whose lines can look like links or headings.
function prose(file) {
  return fs.readFileSync(file, 'utf8').replace(/^ *```[^]*?^ *```/gm, '');
}

// Anchors as GitHub derives them from headings, in their order.
function anchorsOf(file) {
  const seen = new Map();
  const headings = [...prose(file).matchAll(/^#{1,6} +(.+?) *#* *$/gm)];
  return headings.map(([, heading]) => {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = text.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-');
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
}

module.exports = { anchorsOf, prose };
