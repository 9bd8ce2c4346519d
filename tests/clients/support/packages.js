// The packages of these tests.
const [ws, acorn] = await Promise.all([import('ws'), import('acorn')]).catch(() => {
  throw new Error('ws and acorn are not installed: npm ci --prefix tests/clients');
});

export const { WebSocket, WebSocketServer } = ws;
export const { parse } = acorn;
