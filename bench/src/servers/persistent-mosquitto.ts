/** mosquitto alone, keeping sessions in its file. */
import { runServer } from './contract.ts';
import { startMosquitto } from './mosquitto.ts';

const mosquitto = await startMosquitto(true);
await runServer({
  port: 0,
  mqttPort: mosquitto.port,
  pids: [mosquitto.pid],
  close: mosquitto.close,
});
