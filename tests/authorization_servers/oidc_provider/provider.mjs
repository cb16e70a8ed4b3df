// An authorization server that is oidc-provider (https://github.com/panva/node-oidc-provider), over https.
//
// Its access tokens for a resource (RFC 8707) are signed (RFC 9068), but for one client, which gets opaque
// ones. OIDC_PROVIDER is where the package was installed; the other settings are those of its companions.

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';

const { OIDC_PROVIDER, OWN_URL, AUTHORIZATION_SERVER_FOLDER, REGISTERED } = process.env;
const { Provider } = await import(OIDC_PROVIDER);

const registered = JSON.parse(REGISTERED);
const { clients, api, opaque, resource, callback, scopes, user } = registered;
const KEYS = join(AUTHORIZATION_SERVER_FOLDER, 'oidc_provider.json');
const ALGORITHM = 'ES256';
const KINDS = ['AccessToken', 'ClientCredentials', 'Grant', 'IdToken', 'Interaction', 'Session'];
const [, , port, certificate, key] = process.argv;

const readKeys = () => JSON.parse(readFileSync(KEYS));
const writeKeys = (keys) => writeFileSync(KEYS, JSON.stringify(keys));

function newKey(kind, options, alg) {
  const { privateKey } = generateKeyPairSync(kind, options);
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg };
}

const newSigningKey = () => newKey('ec', { namedCurve: 'P-256' }, ALGORITHM);

if (!existsSync(KEYS)) {
  // It signs ID tokens by RS256 unless a client says otherwise, so it needs such a key beside ours.
  writeKeys([newSigningKey(), newKey('rsa', { modulusLength: 2048 }, 'RS256')]);
}

const changes = {
  rotate: (keys) => [newSigningKey(), ...keys], // the first that fits is the one it signs with
  withdraw: ([newest, ...others]) => [newest, ...others.filter(({ alg }) => alg !== ALGORITHM)],
};

function metadataOf({ client_id, secret, grant }) {
  const isWeb = grant === 'authorization_code';
  return {
    client_id,
    client_secret: secret,
    grant_types: isWeb ? [grant, 'refresh_token'] : ['client_credentials'],
    response_types: isWeb ? ['code'] : [],
    redirect_uris: isWeb ? [callback] : [],
  };
}

function newProvider() {
  const provider = new Provider(OWN_URL, {
    clients: clients.map(metadataOf),
    jwks: { keys: readKeys() },
    cookies: { keys: ['for tests only'] },
    scopes: ['openid', 'offline_access'],
    findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    interactions: { url: (ctx, { uid }) => `/login/${uid}` },
    routes: {
      authorization: '/oauth/authorize/',
      token: '/oauth/token/',
      revocation: '/oauth/revoke_token/',
      introspection: '/oauth/introspect/',
      jwks: '/oauth/jwks/',
    },
    ttl: Object.fromEntries(KINDS.map((kind) => [kind, registered.lifetime_seconds])),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (ctx, client) => client.clientId === api },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, indicator, client) => ({
          scope: scopes,
          audience: indicator,
          accessTokenTTL: registered.lifetime_seconds,
          accessTokenFormat: client.clientId === opaque ? 'opaque' : 'jwt',
          jwt: { sign: { alg: ALGORITHM } },
        }),
      },
    },
    async loadExistingGrant({ oidc }) {
      // Whoever has logged in has consented.
      const grant = new oidc.provider.Grant({
        clientId: oidc.client.clientId,
        accountId: oidc.session.accountId,
      });
      grant.addOIDCScope('openid offline_access');
      grant.addResourceScope(resource, scopes);
      await grant.save();
      return grant;
    },
  });
  return { handle: provider.callback(), provider };
}

let current = newProvider();

const server = createServer(
  { cert: readFileSync(certificate), key: readFileSync(key), keepAliveTimeout: 60_000 },
  async (request, response) => {
    const [, first, second] = request.url.split('?')[0].split('/');
    if (first === 'keys' && request.method === 'POST') {
      // What an operator does. It takes its keys once, so it is made anew, as one that is deployed anew.
      writeKeys(changes[second](readKeys()));
      current = newProvider();
      response.writeHead(204).end();
    } else if (first === 'login') {
      // A page with a form would be here.
      await current.provider.interactionFinished(request, response, { login: { accountId: user } });
    } else {
      current.handle(request, response);
    }
  },
);
server.listen(Number(port), new URL(OWN_URL).hostname);
process.on('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
