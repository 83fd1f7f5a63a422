import { Global, Module, type DynamicModule } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { Metrics } from './metrics.js';
import { ReadinessRegistry } from './readiness.js';
import { VersionsController } from './versions.controller.js';

/** The parts of the shell that features and the composition root reach by injection. */
@Global()
@Module({})
export class HttpModule {
  static around(
    root: DynamicModule | (new () => object),
    metrics: Metrics,
    readiness: ReadinessRegistry,
  ): DynamicModule {
    return {
      module: HttpModule,
      imports: [root],
      controllers: [HealthController, VersionsController],
      providers: [
        { provide: Metrics, useValue: metrics },
        { provide: ReadinessRegistry, useValue: readiness },
      ],
      exports: [Metrics, ReadinessRegistry],
    };
  }
}
