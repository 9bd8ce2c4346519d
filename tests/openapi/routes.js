// The served endpoints, from the server's sources.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');

const kRoot = path.join(__dirname, '..', '..');
const kScopes = {
  kEveryRoomKind: '/{kind}',
  kLiveRoom: '/live_room',
  kWebrtcRoom: '/webrtc_room',
  kUtils: '/utils',
};

function read(...names) {
  return fs.readFileSync(path.join(kRoot, ...names), 'utf8');
}

// The rows of handlers/routes.cc, as `METHOD path`.
function publicRoutes() {
  const source = read('handlers', 'routes.cc');
  const table = source.match(/constexpr Route kRoutes\[\] = \{\n([^]*?)\n\};/)?.[1];
  assert(table, 'handlers/routes.cc has no table of routes that this test can read');
  const rows = table.split(/^ {4}\{/m).slice(1);
  assert.strictEqual(rows.length, table.match(/\.endpoint/g).length, 'one row, one endpoint');
  return rows.map((row) => {
    const endpoint = row.match(/\.endpoint = "(\w+)"/)[1];
    const scope = row.match(/\.scope = RouteScope::(\w+)/)?.[1] ?? 'kEveryRoomKind';
    assert(kScopes[scope], `RouteScope::${scope}: not known to this test`);
    const method = row.match(/\.method = "(\w+)"/)?.[1] ?? 'POST';
    return `${method} ${kScopes[scope]}/${endpoint}`;
  });
}

// The sources in a folder of the daemon.
function sourcesIn(folder) {
  const at = path.join(kRoot, 'daemon', folder);
  const names = fs.readdirSync(at).filter((name) => name.endsWith('.cc'));
  return names.map((name) => fs.readFileSync(path.join(at, name), 'utf8'));
}

// The endpoints of the admin listener, as `METHOD path`: the paths that it compares a request with,
// and the rows of AdminRoute. The pages of the console are not operations.
function adminRoutes() {
  const own = [...read('daemon', 'admin', 'admin_server.cc').matchAll(/path [!=]= "(\/[^"]+)"/g)].map(
    ([, at]) => `GET ${at}`,
  );
  assert(own.includes('GET /healthz'), 'daemon/admin/admin_server.cc has no paths that this test can read');
  const added = sourcesIn('admin').flatMap((source) => [
    ...[...source.matchAll(/(?:\.method = "(\w+)",\s*)?\.path = "(\/[^"]+)"/g)],
    ...[...source.matchAll(/\b(get|post)\("(\/[^"]+)"/g)],
  ]);
  const routes = [...own, ...added.map(([, method, at]) => `${(method ?? 'get').toUpperCase()} ${at}`)];
  return [...new Set(routes)].filter((route) => !/ \/console(?!\/api\/)/.test(route));
}

module.exports = { adminRoutes, publicRoutes };
