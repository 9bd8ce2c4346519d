// The console's modules as syntax trees, and the texts in them.
import fs from 'node:fs';
import { parse } from 'acorn';

const kFolder = new URL('../../../daemon/admin/console/assets/', import.meta.url);

const kShownAttributes = ['title', 'alt', 'placeholder', 'label', 'aria-label', 'aria-valuetext', 'aria-description'];
const kShownProperties = ['title', 'textContent', 'innerText', 'placeholder', 'ariaLabel'];
const kShowingMethods = ['append', 'prepend', 'replaceChildren', 'before', 'after'];
/** @type {Record<string, number>} functions that show their arguments, from this one on */
const kShowing = { el: 2, svg: 2, toast: 0, Error: 0, ApiError: 1 };

/**
 * @typedef {import('acorn').AnyNode & Record<string, any>} Tree
 * @typedef {{name: string, tree: Tree}} Module
 */

/** @param {string} name */
export const readAsset = (name) => fs.readFileSync(new URL(name, kFolder), 'utf8');

/** @returns {Module[]} without the catalogues */
export const modules = () => fs.readdirSync(kFolder).filter((name) => /\.js$/.test(name) && !/^texts_/.test(name))
  .map((name) => ({ name, tree: treeOf(name) }));

/** @param {string} name */
export const treeOf = (name) => parsed(readAsset(name));

/** @param {string} source */
export const parsed = (source) => /** @type {Tree} */ (parse(source, { ecmaVersion: 'latest', sourceType: 'module' }));

/**
 * @param {Tree} node
 * @returns {Generator<Tree>}
 */
export function* nodesOf(node) {
  yield node;
  for (const value of Object.values(node)) {
    for (const child of [value].flat()) if (child && typeof child.type === 'string') yield* nodesOf(child);
  }
}

/**
 * The strings that an expression may be, or may have a part of.
 * @param {Tree} node
 * @returns {string[]}
 */
export function stringsOf(node) {
  switch (node?.type) {
    case 'Literal': return typeof node.value === 'string' ? [node.value] : [];
    case 'TemplateElement': return [node.value.cooked];
    case 'TemplateLiteral': return [...node.quasis, ...node.expressions].flatMap(stringsOf);
    case 'ConditionalExpression': return [...stringsOf(node.consequent), ...stringsOf(node.alternate)];
    case 'LogicalExpression':
    case 'BinaryExpression': return [...stringsOf(node.left), ...stringsOf(node.right)];
    case 'ArrayExpression': return node.elements.flatMap(stringsOf);
    case 'SpreadElement': return stringsOf(node.argument);
    default: return [];
  }
}

/**
 * The name of what is called or constructed.
 * @param {Tree} node
 * @returns {string}
 */
export const calleeOf = ({ callee }) => callee?.name ?? callee?.property?.name ?? '';

/** @param {Tree} property */
const keyOf = ({ key }) => key?.name ?? key?.value;

/**
 * The strings in a module that a user sees.
 * @param {Tree} tree
 */
export function shownStrings(tree) {
  return [...nodesOf(tree)].flatMap((node) => {
    const { type, left, right, value } = node;
    if (type === 'AssignmentExpression') return kShownProperties.includes(left.property?.name) ? stringsOf(right) : [];
    if (type === 'Property') return kShownAttributes.includes(keyOf(node)) ? stringsOf(value) : [];
    if (type !== 'CallExpression' && type !== 'NewExpression') return [];
    const name = calleeOf(node);
    const [first, second] = node.arguments;
    if (name === 'setAttribute') return kShownAttributes.includes(first.value) ? stringsOf(second) : [];
    if (kShowingMethods.includes(name)) return node.arguments.flatMap(stringsOf);
    return name in kShowing ? node.arguments.slice(kShowing[name]).flatMap(stringsOf) : [];
  });
}

/**
 * The strings in a module that read like a sentence, wherever they are. Lists of classes do too.
 * @param {Tree} tree
 */
export function sentences(tree) {
  const classes = new Set([...nodesOf(tree)].filter((node) => node.type === 'Property' && keyOf(node) === 'class')
    .flatMap((node) => stringsOf(node.value)));
  return [...nodesOf(tree)].filter(({ type }) => type === 'Literal' || type === 'TemplateElement').flatMap(stringsOf)
    .filter((text) => !classes.has(text) && /\p{L}{2,},? \p{L}{2,}|^\p{Lu}\p{Ll}+ ?$/u.test(text));
}
