import { startGateway } from '@thingtalk/gateway';
import lamp from '../lamp/lamp.ts';
import { pageRoutes } from './serve.ts';

// node -C @thingtalk/source examples/page/start.ts
const gateway = await startGateway({ security: 'demo' }, { expose: [lamp], routes: pageRoutes });
console.log(`${gateway.httpUrl}/page/index.html`);
process.once('SIGINT', () => void gateway.drain());
