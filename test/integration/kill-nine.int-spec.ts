import { expectNothingLost, runKillScenario } from '../support/kill-scenario.js';

it('loses nothing and counts nothing twice when it is killed at 50 random moments of 20,000 sync events', async () => {
  const log = (line: string) => process.stderr.write(`${line}\n`);
  expectNothingLost(await runKillScenario({ events: 20_000, kills: 50, lifeMs: [20, 500], log }));
}, 900_000);
