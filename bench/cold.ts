/**
 * What the first calls of a fresh process cost, as one line of JSON. `bench/run.ts` starts it several times.
 *
 *   npx tsx bench/cold.ts
 */
import { coldTimes } from '../src/bench/cold.ts';

console.log(JSON.stringify(coldTimes()));
