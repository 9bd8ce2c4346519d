// Addresses for browsers, on a server that has them.
import * as gen1 from './gen1.js';
import * as gen2 from './gen2.js';

export async function run(client, ban) {
  const kind = 'multi_room';
  const call = (who, operation, expected, body) => who.call(operation, expected, { kind, body });
  await call(client, 'getWhipUrl', 'WhipUrl', { userID: 'alice', roomID: 'b1' });
  await call(client, 'getWhipUrl', 'Gen1BadField', {});
  await call(client, 'createRoom', 'RoomNamed', gen1.newRoom('b1', 'alice'));
  await call(client, 'getWhepUrl', 'WhepUrl', { userID: 'alice', roomID: 'b1', of: 'alice' });
  await call(client, 'getWhepUrl', 'Gen1NoMember', { userID: 'alice', roomID: 'b1', of: 'bob' });
  await call(client, 'getWhepUrl', 'Gen1NoRoom', { userID: 'alice', roomID: 'nowhere' });
  await call(client, 'getWhepUrl', 'NotAuthorised', { userID: 'bob', roomID: 'b1' });
  await call(client, 'getWhepUrl', 'Gen1BadField', {});
  ban('multi', 'b1', 'mallory');
  await call(client, 'getWhipUrl', 'NotAuthorised', { userID: 'mallory', roomID: 'b1' });

  const carol = await gen2.logIn(client, 'carol');
  const { pushURL } = await call(carol, 'getWhipUrl', 'WhipUrl', { userID: 'carol', roomID: 'b2' });
  await call(carol, 'getWhipUrl', 'Gen2BadField', {});
  await call(carol, 'addPusher', 'RoomNamed', { ...gen1.newPusher('b2', 'carol'), pushURL });
  await call(carol, 'getWhepUrl', 'WhepUrl', { userID: 'carol', roomID: 'b2', of: 'carol' });
  await call(carol, 'getWhepUrl', 'Gen2NotMember', { userID: 'carol', roomID: 'b2', of: 'dave' });
  await call(carol, 'getWhepUrl', 'Gen2NoRoom', { userID: 'carol', roomID: 'nowhere' });
  await call(carol, 'getWhepUrl', 'Gen2BadField', {});
}

// Where browsers neither publish nor play.
export async function off(client) {
  const options = { kind: 'multi_room', body: { userID: 'alice', roomID: 'b1' } };
  await client.call('getWhipUrl', 'ServerFailed', options);
  await client.call('getWhepUrl', 'ServerFailed', options);
}
