// The example mini-program on phones: each has its own copy of the program, with a stand-in of what WeChat offers, that
// renders its WXML and whose <live-pusher> streams as soon as it has a URL.
import { execFileSync } from 'node:child_process';
import assert from 'node:assert';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import vm from 'node:vm';
import { until } from '../../console/support/until.js';
import { makeWx } from './phone.js';
import { readWxml, render } from './wxml.js';

const kClients = path.join(import.meta.dirname, '..', '..', '..', 'clients');
export const kExample = path.join(kClients, 'miniprogram-example');

/** A copy of the example as its command prepares it: builds leave no trace in the sources.
 * @returns {string} the folder, to be removed with its parent */
export function prepareExample() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rtcroom-example-'));
  for (const name of ['js', 'miniprogram-example']) {
    fs.cpSync(path.join(kClients, name), path.join(folder, name), { recursive: true,
      filter: (file) => !['node_modules', 'dist', 'miniprogram_npm'].includes(path.basename(file)) });
  }
  fs.symlinkSync(path.join(kClients, 'js', 'node_modules'), path.join(folder, 'js', 'node_modules'));
  const example = path.join(folder, 'miniprogram-example');
  execFileSync('npm', ['run', 'library', '--loglevel=error'], { cwd: example, stdio: 'pipe' });
  return example;
}

export class Phone {
  toasts = [];
  warnings = [];
  authorised = new Set();
  pusherCalls = []; // 'pause', 'resume', 'switchCamera'
  playerCalls = []; // 'play'
  isScreenOn = false;
  isCut = false; // from the network
  modal = null; // the one that is shown
  pages = []; // the way to the present one
  #folder;
  #storage = {};
  #definitions = new Map(); // by path: what Page or Component was called with
  #components = new Map(); // of the present page, by place
  #modules = new Map();
  #streams = new Set(); // the live-pushers that run, by page, place and URL
  #suspended = null; // timers that are due in the background
  #stand;

  /** @param storage  of an earlier phone: the same user
   * @param refuses  scopes that the user refuses until the settings are opened */
  constructor(folder, server, { language = 'en', refuses = [], storage = {} } = {}) {
    this.#folder = folder;
    this.#storage = storage;
    this.refuses = refuses;
    this.#stand = makeWx([]);
    this.wx = { ...this.#stand.wx, ...this.#makeWx(language) };
    const context = vm.createContext({
      wx: this.wx,
      App: (options) => { this.app = options; },
      Page: (options) => this.#definitions.set(this.#loading, options),
      Component: (options) => this.#definitions.set(this.#loading, options),
      getApp: () => this.app,
      getCurrentPages: () => this.pages,
      console: { warn: (...values) => this.warnings.push(values) },
      setTimeout: (listener, ms) => setTimeout(() => {
        if (this.#suspended) this.#suspended.push(listener);
        else listener();
      }, ms),
      clearTimeout,
    });
    this.#run = (source, file) => vm.runInContext(`(function (require, module, exports) {${source}\n})`, context,
      { filename: file });
    this.#modules.set(path.join(folder, 'config.js'), { exports: { server } });
    this.#require(path.join(folder, 'app.js'));
    this.app.onLaunch();
    const config = JSON.parse(this.#read('app.json'));
    this.paths = config.pages;
    this.#open(`/${config.pages[0]}`);
  }

  #run;
  #loading;

  get storage() { return this.#storage; }
  get page() { return this.pages.at(-1); }
  get title() { return this.page.title; }
  get room() { return this.page.room; }

  /** The program is no longer seen: WeChat stops its timers, and its sockets end without a word. */
  hide() {
    this.page.onHide?.();
    this.#suspended = [];
    this.#stand.freeze();
  }

  show() {
    const due = this.#suspended;
    this.#suspended = null;
    due.forEach((listener) => listener());
    this.#stand.show();
    this.page.onShow?.();
  }

  /** The user closes the program. */
  async close() {
    if (this.#suspended) this.show();
    this.pages.splice(0).reverse().forEach((page) => page.onUnload());
    await this.app.client.logout();
  }

  // ---- What the user sees and does

  nodes() {
    const all = (nodes) => nodes.flatMap((node) => [node, ...all(node.children)]);
    return all(this.rendered());
  }

  all(tag) { return this.nodes().filter((node) => node.tag === tag); }

  texts() { return this.nodes().filter(({ text }) => text).map(({ text }) => text); }

  async sees(text) {
    await until(`«${text}»`, () => this.texts().includes(text)).catch(({ message }) => {
      throw new Error(`${message} among ${JSON.stringify(this.texts())}; ${this.warnings.join('; ')}`);
    });
  }

  /** Taps the innermost node with that text that something is bound to. */
  tap(text) {
    const hasText = (node) => node.text === text || node.children.some(hasText);
    const isBound = ({ attributes }) => attributes.bindtap || attributes['open-type'];
    const node = this.nodes().filter((each) => hasText(each) && isBound(each)).at(-1);
    assert.ok(node, `nothing to tap with «${text}» among ${JSON.stringify(this.texts())}`);
    if (node.attributes['open-type'] === 'openSetting') {
      this.refuses = [];
      this.#tell(node, 'bindopensetting', {});
    } else {
      this.#tell(node, 'bindtap', {});
    }
  }

  /** Types into the field with that placeholder, and is done with it. */
  type(placeholder, value) {
    const input = this.all('input').find(({ attributes }) => attributes.placeholder === placeholder);
    if ('model:value' in input.attributes) input.owner.setData({ [input.bound]: value });
    for (const event of ['bindblur', 'bindconfirm']) if (input.attributes[event]) this.#tell(input, event, { value });
  }

  /** The message that waits for it. */
  confirm() {
    const { complete } = this.modal;
    this.modal = null;
    complete({ confirm: true });
  }

  tellPusher(event, detail) { this.#tell(this.all('live-pusher')[0], event, detail); }

  tellPlayer(detail) { this.#tell(this.all('live-player')[0], 'bindstatechange', detail); }

  #tell({ attributes, owner }, event, detail) {
    const dataset = Object.fromEntries(Object.entries(attributes).filter(([name]) => name.startsWith('data-'))
      .map(([name, value]) => [name.slice(5), value]));
    return owner[attributes[event]]({ detail, currentTarget: { dataset } });
  }

  // ---- The program

  #read(name) { return fs.readFileSync(path.join(this.#folder, name), 'utf8'); }

  #require(file) {
    if (!this.#modules.has(file)) {
      const module = { exports: {} };
      this.#modules.set(file, module);
      const find = (name) => (name.startsWith('.') ? path.resolve(path.dirname(file), `${name.replace(/\.js$/, '')}.js`)
        : path.join(this.#folder, 'miniprogram_npm', name.includes('/') ? `${name}.js` : `${name}/index.js`));
      this.#run(fs.readFileSync(file, 'utf8'), file)((name) => this.#require(find(name)), module, module.exports);
    }
    return this.#modules.get(file).exports;
  }

  /** A module of this phone's copy. */
  require(name) { return this.#require(path.join(this.#folder, `${name}.js`)); }

  /** What a page or component is made of; `name` as in app.json. */
  definition(name) {
    if (!this.#definitions.has(name)) {
      this.#loading = name;
      this.#require(path.join(this.#folder, `${name}.js`));
    }
    return this.#definitions.get(name);
  }

  #instance(name, options) {
    const instance = { ...options, route: name, data: structuredClone(options.data ?? {}) };
    instance.setData = (values) => {
      // WeChat sends it to another thread as JSON, and has no place for `undefined`.
      assert.deepStrictEqual(JSON.parse(JSON.stringify(values)), structuredClone(values));
      Object.assign(instance.data, structuredClone(values));
      setImmediate(() => this.#startStreams());
    };
    return instance;
  }

  #open(url) {
    const [, name, query = ''] = /^\/([^?]+)\??(.*)/.exec(url);
    assert.ok(this.paths.includes(name), `no page ${name}`);
    this.page?.onHide?.();
    const page = this.#instance(name, this.definition(name));
    this.#components.clear();
    this.pages.push(page);
    page.onLoad(Object.fromEntries(new URLSearchParams(query)));
    page.onShow?.();
  }

  #back() {
    this.pages.pop().onUnload();
    this.#components.clear();
    this.page.onShow?.();
  }

  #reLaunch(url) {
    this.pages.splice(0).reverse().forEach((page) => page.onUnload());
    this.#open(url);
  }

  /** The nodes of the present page. */
  rendered() {
    const used = JSON.parse(this.#read(`${this.page.route}.json`)).usingComponents ?? {};
    return render(readWxml(path.join(this.#folder, `${this.page.route}.wxml`)), this.page, (tag, attributes, place) => {
      if (!(tag in used)) return undefined;
      const name = used[tag].slice(1);
      const wxml = readWxml(path.join(this.#folder, `${name}.wxml`));
      return { owner: this.#component(name, attributes, place), wxml };
    });
  }

  #component(name, attributes, place) {
    const { methods, data, properties } = this.definition(name);
    if (!this.#components.has(place)) this.#components.set(place, this.#instance(name, { ...methods, data }));
    const component = this.#components.get(place);
    for (const property of Object.keys(properties)) component.data[property] = attributes[property];
    const { page } = this;
    component.triggerEvent = (event, detail) => page[attributes[`bind:${event}`]]({ detail });
    return component;
  }

  /** As <live-pusher autopush>: each one streams to the URL that it is made with. */
  #startStreams() {
    if (!this.page || this.#suspended) return;
    for (const pusher of this.all('live-pusher')) {
      const id = `${this.page.room?.roomID} ${pusher.place}`;
      if (this.#streams.has(id)) continue;
      this.#streams.add(id);
      assert.match(pusher.attributes.url, /^rtmp:/);
      for (const code of [1001, 1002]) this.#tell(pusher, 'bindstatechange', { code });
    }
  }

  #makeWx(language) {
    const { request } = this.#stand.wx;
    return {
      request: (options) => (this.isCut ? options.fail({ errMsg: 'request:fail' }) : request(options)),
      login: ({ fail }) => fail({ errMsg: 'login:fail' }), // the test server does not know WeChat
      getAppBaseInfo: () => ({ language }),
      getStorageSync: (key) => this.#storage[key] ?? '',
      setStorageSync: (key, value) => { this.#storage[key] = structuredClone(value); },
      removeStorageSync: (key) => { delete this.#storage[key]; },
      authorize: async ({ scope }) => {
        if (this.refuses.includes(scope)) throw { errMsg: 'authorize:fail auth deny' };
        this.authorised.add(scope);
      },
      setNavigationBarTitle: ({ title }) => { this.page.title = title; },
      setKeepScreenOn: ({ keepScreenOn }) => { this.isScreenOn = keepScreenOn; },
      showToast: ({ title }) => this.toasts.push(title),
      showModal: (modal) => { this.modal = modal; },
      stopPullDownRefresh() {},
      createLivePusherContext: () => {
        const context = {};
        for (const call of ['pause', 'resume', 'switchCamera']) context[call] = () => this.pusherCalls.push(call);
        return context;
      },
      createLivePlayerContext: () => ({ play: () => this.playerCalls.push('play') }),
      navigateTo: ({ url }) => this.#open(url),
      navigateBack: () => this.#back(),
      reLaunch: ({ url }) => this.#reLaunch(url),
    };
  }
}
