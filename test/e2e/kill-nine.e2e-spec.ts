import { expectNothingLost, runKillScenario } from '../support/kill-scenario.js';

it('loses nothing and counts nothing twice when it is killed a few times in the middle', async () => {
  expectNothingLost(await runKillScenario({ events: 1000, kills: 3, lifeMs: [20, 500] }));
}, 120_000);
