// The examples of proxies in deploy/, each run by the real program in front of the real server, with the library
// as the client.
import assert from 'node:assert';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { kNoServer, Server } from '../console/support/server.js';
import { until } from '../console/support/until.js';
import { freeAddress, kHost, Process } from '../media/support/processes.mjs';
import { kForClients } from './support/settings.js';

const kDeploy = path.join(import.meta.dirname, '..', '..', 'deploy');
const kPhones = path.join(import.meta.dirname, 'support', 'through_proxy.mjs');
const kName = 'rooms.example.com';

/** The example, with other addresses, each of which it has to name. */
function adapted(file, changes) {
  return changes.reduce((text, [from, to]) => {
    assert.ok(text.includes(from), `${file}: ${from}`);
    return text.replaceAll(from, to);
  }, fs.readFileSync(path.join(kDeploy, file), 'utf8'));
}

/** Caddy's example: the lines that serve alone, and the options, which are commented out. */
function caddyfile({ listen, rooms, media }) {
  // An address gets a certificate of Caddy's own authority.
  const text = adapted('caddy/Caddyfile', [[`${kName} {`, `https://${listen} {`], ['127.0.0.1:5757', rooms],
    ['127.0.0.1:8087', media], ['lb_try_duration 15s', 'lb_try_duration 1s']]);
  const lines = text.replace(/^(#.*)?\n/gm, '');
  assert.ok(lines.trim().split('\n').length <= 6, lines);
  const options = text.match(/(^#[{}\t].*\n)+/gm).map((option) => option.replace(/^#/gm, ''));
  return { lines: lines.replace('{\n', `{\n\tbind ${kHost}\n`), options };
}

function startCaddy(folder, lines, globals = '{\n}\n') {
  // Nothing is changed on this machine, nor on its port 80.
  const changes = 'admin off\n\tskip_install_trust\n\tauto_https disable_redirects';
  fs.writeFileSync(path.join(folder, 'Caddyfile'), globals.replace('{\n', `{\n\t${changes}\n`) + lines);
  return {
    program: 'caddy',
    args: ['run', '--config', path.join(folder, 'Caddyfile')],
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    authority: path.join(folder, 'caddy/pki/authorities/local/root.crt'),
  };
}

/** Each writes its configuration into a folder, and says how to start it and whom to trust. */
const kProxies = {
  nginx(folder, { listen, rooms, media }) {
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name));
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-noenc', '-days', '2', '-subj', `/CN=${kHost}`,
      '-addext', `subjectAltName=IP:${kHost}`, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const example = adapted('nginx/rtcroomd.conf', [[`/etc/nginx/${kName}`, folder], ['/var/log/nginx', folder],
      [kName, kHost], ['listen [::]:443 ssl;', ''], ['listen 443', `listen ${listen}`], ['127.0.0.1:5757', rooms], ['127.0.0.1:8087', media]]);
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`);
    fs.writeFileSync(path.join(folder, 'nginx.conf'), `daemon off; pid ${folder}/pid; error_log ${folder}/error.log info;
events {} http { ${paths.join(' ')} ${example} }`);
    return { program: 'nginx', args: ['-c', `${folder}/nginx.conf`, '-e', `${folder}/error.log`], authority: cert };
  },
  caddy: (folder, addresses) => startCaddy(folder, caddyfile(addresses).lines),
  'caddy with its options'(folder, addresses) {
    const { lines, options: [first, inner] } = caddyfile(addresses);
    return startCaddy(folder, lines.replace(`\treverse_proxy ${addresses.rooms}\n`, inner), first);
  },
};

for (const [name, prepare] of Object.entries(kProxies)) {
  describe(`The example for ${name}`, { skip: kNoServer }, () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), `rtcroomd-${name}-`));
    const server = new Server({ ...kForClients, 'channel.sdks': true, 'server.trusted_proxies': ['127.0.0.1'] });
    const media = http.createServer((request, response) => response.end(`playlist ${request.url}`));
    let proxy;
    let address;
    let authority;

    before(async () => {
      await server.start();
      await once(media.listen(0, '127.0.0.1'), 'listening');
      const listen = await freeAddress();
      address = `https://${listen}`;
      const prepared = prepare(folder, { listen, rooms: server.settings['server.http_listen'], media: `127.0.0.1:${media.address().port}` });
      authority = prepared.authority;
      proxy = new Process(prepared.program, prepared.args,
        { env: { ...(prepared.env ?? process.env), PATH: `${process.env.PATH}:/usr/sbin` } });
      await until('it serves', async () => {
        assert.strictEqual(proxy.result, undefined, proxy.output);
        return fs.existsSync(authority) && (await phone('-e', `await fetch('${address}/weapp/x')`).ended) === 0;
      });
    });
    after(async () => {
      await proxy?.stop();
      media.close();
      await server.end();
      fs.rmSync(folder, { recursive: true, force: true });
    });

    function phone(...args) {
      return new Process(process.execPath, ['--input-type=module', ...args],
        { env: { ...process.env, NODE_EXTRA_CA_CERTS: authority } });
    }

    it('passes calls, sockets, polls, IM SDKs, old clients and streams', async () => {
      const { sdkAppID } = await server.newUser();
      const ran = new Process(process.execPath, [kPhones, address, String(sdkAppID)], { env: { ...process.env, NODE_EXTRA_CA_CERTS: authority } });
      assert.strictEqual(await ran.ended, 0, `${ran.output}\n${proxy.output}`);
      assert.deepStrictEqual(ran.output.trim().split('\n'), ['connected', 'polling', 'OK', 'FAIL', 'playlist /hls/stream.m3u8']);
    });

    if (name === 'caddy') return; // for logs without tokens it needs an option

    it('logs no token, also of requests that fail', async () => {
      await server.stop();
      const failed = phone('-e', `console.log((await fetch('${address}/weapp/live_room/logout?userID=u&token=7e577e57', {
        method: 'POST', body: '{}', signal: AbortSignal.timeout(60000) })).status)`);
      assert.strictEqual(await failed.ended, 0, failed.output);
      assert.match(failed.output, /502/);
      const logs = fs.readdirSync(folder).filter((file) => file.endsWith('.log'));
      const lines = logs.map((file) => fs.readFileSync(path.join(folder, file), 'utf8')).join('') + proxy.output;
      assert.doesNotMatch(lines, /7e577e57/);
    });
  });
}
