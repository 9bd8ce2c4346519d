// The packages of these tests.
export const load = (name) => import(name).catch(() => {
  throw new Error(`${name} is not installed: npm ci --prefix tests/clients`);
});

export const { WebSocket, WebSocketServer } = await load('ws');
export const { parse } = await load('acorn');
