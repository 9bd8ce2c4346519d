// The copy of the store for an operator's command.
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';

export async function run(client, dataDirectory) {
  const key = fs.readFileSync(path.join(dataDirectory, 'admin-key'), 'utf8');
  const headers = { Authorization: `Bearer ${key}` };
  const { file } = await client.call('backup', 'BackupMade', { headers });
  assert(fs.statSync(path.join(dataDirectory, file)).size > 0);
  await client.call('backup', 'AdminRefusal', {});
}

// There is nothing to copy.
export async function inMemory(client, token) {
  await client.call('backup', 'AdminFailure', { headers: { Authorization: `Bearer ${token}` } });
}
