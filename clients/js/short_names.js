// For the minified builds: what is used often of the language, under names that a minifier shortens.
export const { assign: $assign } = Object;
export const { parse: $parse, stringify: $stringify } = JSON;
