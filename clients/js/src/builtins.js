// What is used often of the language, by names that a minifier shortens.
export const { assign } = Object;
export const { parse, stringify } = JSON;
