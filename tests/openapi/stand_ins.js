// The services around the server, on loopback: WeChat's exchange of login codes, IM, and the live
// service.
import http from 'node:http';

class StandIn {
  // @param answer  returns the object to answer for a URL.
  static async start(answer) {
    const standIn = new StandIn();
    standIn.server = http.createServer((request, response) => {
      request.resume();
      request.on('end', () => {
        const url = new URL(request.url, 'http://stand-in');
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify(answer(url)));
      });
    });
    await new Promise((resolve) => { standIn.server.listen(0, '127.0.0.1', resolve); });
    standIn.url = `http://127.0.0.1:${standIn.server.address().port}`;
    return standIn;
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }
}

// Accepts every code as that of a user of the same name, except `risky`.
export function startWechat() {
  return StandIn.start((url) => {
    const code = url.searchParams.get('js_code');
    if (code === 'risky') return { errcode: 40226, errmsg: 'code blocked' };
    return { openid: `openid-${code}`, session_key: 'c2Vzc2lvbg==' };
  });
}

// Refuses everything.
export function startIm() {
  return StandIn.start(() => ({ ActionStatus: 'FAIL', ErrorCode: 10004, ErrorInfo: 'no' }));
}

// Mixes everything.
export function startLiveService() {
  return StandIn.start(() => ({ code: 0, message: 'Success!', timestamp: 1700000000 }));
}
