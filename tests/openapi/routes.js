// The served endpoints: the public ones from the server's table, the others from its sources.
import assert from 'node:assert';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const kRoot = path.join(import.meta.dirname, '..', '..');
function read(...names) {
  return fs.readFileSync(path.join(kRoot, ...names), 'utf8');
}

// The rows of handlers/rooms/endpoint_spec.cc, one for each protocol of an endpoint, and the routes of the
// message channel.
// @param program  print_endpoints.
export function publicEndpoints(program) {
  const { endpoints, commands } = JSON.parse(execFileSync(program, { encoding: 'utf8' }));
  const rows = endpoints.map((row) => {
    const area = row.areas.length > 1 ? '{kind}' : row.areas[0];
    return { ...row, route: `${row.method} /${area}/${row.endpoint}` };
  });
  return { endpoints: rows, commands: commands.map((path) => `POST /${path}`) };
}

// The sources in a folder of the daemon.
function sourcesIn(folder) {
  const at = path.join(kRoot, 'daemon', folder);
  const names = fs.readdirSync(at).filter((name) => name.endsWith('.cc'));
  return names.map((name) => fs.readFileSync(path.join(at, name), 'utf8'));
}

// The endpoints of the admin listener, as `METHOD path`: those of monitors, and the rows of
// AdminRoute. The pages of the console are not operations.
export function adminRoutes() {
  const own = [...read('daemon', 'admin', 'admin_server.cc').matchAll(/\badd\("(\/[^"]+)", Lane/g)].map(
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
