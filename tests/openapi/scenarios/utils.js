// The endpoints for setting a server up.
import assert from 'node:assert';

export async function run(client, operatorToken) {
  const call = (operation, expected, options) => client.call(operation, expected, options);
  const headers = { Authorization: `Bearer ${operatorToken}` };
  const broken = { 'bad\u0000name': '1' };

  await call('getLoginInfo', 'Identity', {});
  const known = await call('getLoginInfo', 'Identity', { query: { code: 'ann' } });
  assert.strictEqual(known.userID, 'openid-ann');
  await call('getLoginInfo', 'Identity', { query: { userID: 'chosen' } });
  await call('getLoginInfo', 'Gen2BadField', { query: { userID: 'denied' } });
  await call('getLoginInfo', 'NotAuthorised', { query: { code: 'risky' } });

  await call('postLoginInfo', 'Sign', { body: { userID: 'alice', time: 3600 } });
  await call('postLoginInfo', 'Gen1BadField', { body: { userID: '7up', time: 3600 } });

  await call('getTestPushUrl', 'TestStream', {});
  await call('getTestPushUrl', 'Gen1BadField', { query: broken });
  await call('getTestRtmpAccUrl', 'TestClock', {});
  await call('getTestRtmpAccUrl', 'Gen1BadField', { query: broken });

  const list = await call('logFileList', 'text/html', { headers });
  assert(list.includes('getlogfile?file=today.log'), list);
  await call('logFileList', 'NotAuthorised', {});
  await call('logFileList', 'Gen1BadField', { query: broken, headers });
  assert.strictEqual(await call('getLogFile', 'text/plain', { query: { file: 'today.log' }, headers }), 'a line\n');
  await call('getLogFile', 'NoFile', { query: { file: '../rtcroomd.toml' }, headers });
  await call('getLogFile', 'NotAuthorised', { query: { file: 'today.log' } });
  await call('getLogFile', 'Gen1BadField', { headers });

  await call('checkConfig', 'ConfigGood', { headers });
  await call('checkConfig', 'NotAuthorised', {});
  await call('checkConfig', 'Gen1BadField', { query: broken, headers });
}
