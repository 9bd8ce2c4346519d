// Reads WXML, and renders it with the data of a page, as WeChat documents it; no more of it than the example uses.
import fs from 'node:fs';
import path from 'node:path';
import { parse } from './packages.js';

/** @returns {object[]} nodes: {tag, attributes, children}, or {text}; of an include what it names */
export function readWxml(file) {
  const source = fs.readFileSync(file, 'utf8').replace(/<!--.*?-->/gs, '');
  const root = { children: [] };
  const open = [root];
  const kToken = /<\/([\w-]+)>|<([\w-]+)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*(\/?)>|([^<]+)|(.)/gs;
  for (const [, closed, tag, attributes, isEmpty, text, wrong] of source.matchAll(kToken)) {
    if (wrong) throw new Error(`${file}: cannot be read from ${wrong}`);
    if (closed && open.pop().tag !== closed) throw new Error(`${file}: </${closed}> closes another tag`);
    if (text && text.trim()) open.at(-1).children.push({ text: text.trim() });
    if (!tag) continue;
    const node = { tag, children: [], attributes: Object.fromEntries(
      [...attributes.matchAll(/([\w:-]+)(?:="([^"]*)")?/g)].map(([, name, value = '{{true}}']) => [name, value])) };
    const included = tag === 'include' ? readWxml(path.resolve(path.dirname(file), node.attributes.src)) : [node];
    open.at(-1).children.push(...included);
    if (!isEmpty) open.push(node);
  }
  if (open.length > 1) throw new Error(`${file}: <${open.at(-1).tag}> is not closed`);
  return root.children;
}

/** @returns {string[]} the expressions in a text */
export const expressionsIn = (text) => [...text.matchAll(/\{\{(.*?)\}\}/gs)].map(([, expression]) => expression.trim());

/** All nodes below, with the names that `wx:for` adds to the data. */
export function* allNodes(nodes, added = []) {
  for (const node of nodes) {
    const names = node.attributes && 'wx:for' in node.attributes ? [...added, 'item', 'index'] : added;
    yield { node, names };
    if (node.children) yield* allNodes(node.children, names);
  }
}

/** The names that an expression reads, each as the path that it starts with: `t.leave`, `item.name`, `kind`. */
export function pathsIn(expression) {
  const found = [];
  const walk = (node) => {
    if (node.type === 'Identifier') {
      found.push(node.name);
    } else if (node.type === 'MemberExpression' && !node.computed && node.object.type === 'Identifier') {
      found.push(`${node.object.name}.${node.property.name}`);
    } else {
      for (const [key, child] of Object.entries(node)) {
        if (key === 'property' && !node.computed) continue;
        [child].flat().filter((value) => value && value.type).forEach(walk);
      }
    }
  };
  walk(parse(`(${expression})`, { ecmaVersion: 5 })); // WXML knows no more than that
  return found;
}

function evaluate(expression, data) {
  const scope = new Proxy(data, {
    has: () => true,
    get: (target, name) => {
      if (typeof name === 'string' && !(name in target)) throw new Error(`{{${expression}}}: no ${name} in data`);
      return target[name];
    },
  });
  return new Function('scope', `with (scope) { return (${expression}); }`)(scope);
}

/** An attribute that is one expression has its value, any other one is text. */
function valueOf(text, data) {
  const [whole] = /^\{\{((?:(?!\}\}).)*)\}\}$/s.exec(text) ? expressionsIn(text) : [];
  if (whole !== undefined) return evaluate(whole, data);
  return text.replace(/\{\{(.*?)\}\}/gs, (_, expression) => evaluate(expression, data));
}

/**
 * @param component  called with a tag, its attributes and a key that tells it from others; of a component
 *   {owner, wxml}, of anything else undefined
 * @returns {object[]} {tag, attributes, text, owner, children} in the order in which they are shown
 */
export function render(nodes, owner, component, data = owner.data, at = '') {
  const shown = [];
  let isTaken; // whether a branch of the present wx:if is
  nodes.forEach((node, index) => {
    if (node.text) {
      shown.push({ text: String(valueOf(node.text, data)), attributes: {}, children: [], owner });
      return;
    }
    const { 'wx:for': list, 'wx:if': condition, 'wx:elif': otherwise, ...rest } = node.attributes;
    if (condition) isTaken = Boolean(valueOf(condition, data));
    else if (otherwise) isTaken = !isTaken && Boolean(valueOf(otherwise, data));
    const isShown = 'wx:else' in rest ? !isTaken : !(condition || otherwise) || isTaken;
    if (!isShown) return;
    const items = list ? valueOf(list, data) : [undefined];
    items.forEach((item, number) => {
      const inner = list ? { ...data, item, index: number } : data;
      const key = rest['wx:key'] === '*this' ? item : list && item[rest['wx:key']];
      const place = `${at}/${index}${list ? `=${key}` : ''}`;
      const attributes = {};
      for (const [name, text] of Object.entries(rest)) {
        if (!name.startsWith('wx:')) attributes[name] = valueOf(text, inner);
      }
      const found = component(node.tag, attributes, place);
      const children = found ? render(found.wxml, found.owner, component, found.owner.data, place)
        : render(node.children, owner, component, inner, place);
      const [bound] = expressionsIn(rest['model:value'] ?? ''); // the name that an input writes to
      shown.push({ tag: node.tag, attributes, children, owner, place, bound });
    });
  });
  return shown;
}
