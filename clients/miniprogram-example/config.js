// The server: `./deploy/run` starts one here. On phones it is an HTTPS address that the mini-program's console lists.
module.exports = { server: 'http://127.0.0.1:5757' };
