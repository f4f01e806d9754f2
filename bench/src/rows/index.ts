import type { Contest } from '../contest.ts';
import { coldStartRow } from './cold-start.ts';
import { decisionRow } from './decision.ts';
import { durableRow } from './durable.ts';
import { getRow, putRow, storedPutRow } from './http.ts';
import { listingRow } from './listing.ts';
import { memoryRow } from './memory.ts';
import { mqttLatencyRow, mqttRateRow } from './mqtt.ts';
import { restartRow } from './restart.ts';
import { fanOutEightRow, fanOutOneRow, roundTripRow, storedRoundTripRow } from './websocket.ts';

/** The rows of the table, in its order. */
export const rows: readonly Contest[] = [
  getRow,
  putRow,
  storedPutRow,
  roundTripRow,
  storedRoundTripRow,
  fanOutOneRow,
  fanOutEightRow,
  mqttLatencyRow,
  mqttRateRow,
  durableRow,
  decisionRow,
  memoryRow,
  listingRow,
  coldStartRow,
  restartRow,
];
