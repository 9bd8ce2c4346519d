/** What the clients need of a server: the message channel, and addresses of streams. */
export const kForClients = {
  'channel.enabled': true,
  'live.push_host': 'media.example.com',
  'live.play_host': 'media.example.com',
};
