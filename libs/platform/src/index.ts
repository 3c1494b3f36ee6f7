export { ageSeconds } from './age.ts';
export { backoff, type BackoffOptions } from './backoff.ts';
export { bisect } from './bisect.ts';
export { CLOCK, systemClock, type Clock } from './clock.ts';
export type { ConfigFault } from './config/config-fault.ts';
export {
  httpConfig,
  logConfig,
  mutualTlsConfig,
  peerHttpConfig,
  portNumber,
  readablePath,
  urlList,
  type HttpConfig,
  type LogLevel,
  type MutualTlsFiles,
  type TlsFiles,
} from './config/fragments.ts';
export {
  loadConfig,
  type ConfigFragment,
  type Environment,
  type LoadedConfig,
} from './config/load-config.ts';
export {
  clockError,
  CRASH_POINTS,
  crashPoint,
  diskStep,
  faultConfig,
  FILE_POINTS,
  followFaultOrders,
  isCrashOrdered,
  LOG_POINTS,
  type CrashPoint,
} from './faults/fault-orders.ts';
export { isDiskFull, syncFolder } from './disk.ts';
export { FewAtOnce } from './few-at-once.ts';
export { Gatherer, type BatchLimits } from './gatherer.ts';
export {
  HealthRegistry,
  type HealthReport,
  type HealthStatus,
  type ProbeOptions,
  type ProbeResult,
} from './health/health-registry.ts';
export { ApiAnswer, ApiProblems } from './http/api-answer.ts';
export { DrainSignal } from './http/drain-signal.ts';
export { jsonSchema, type JsonSchema } from './http/json-schema.ts';
export { mountOpenApi, openApiDocument, type OpenApiOptions } from './http/openapi.ts';
export { answerProblem, ProblemFilter } from './http/problem.filter.ts';
export { problemDocument, toProblem, type ProblemDocument } from './http/problem.ts';
export { permit, ROUTE_PERMISSION, type RoutePermission } from './http/route-permission.ts';
export { runHttpApp, type HttpApp, type HttpAppOptions } from './http/run-http-app.ts';
export { readPageCursor, writePageCursor } from './http/page-cursor.ts';
export { readBytes } from './http/read-bytes.ts';
export { preferredWait } from './http/prefer.ts';
export { documented, parseRequest, ZodBody, ZodParam, ZodQuery } from './http/zod-params.ts';
export { IDS, systemIds, type IdSource } from './ids.ts';
export { createLogger, LOGGER, type Logger, type LoggerOptions } from './logging/logger.ts';
export { nestLogger } from './logging/nest-logger.ts';
export { createMetrics, METRICS, type Metrics } from './metrics/metrics.ts';
export { paced, type Paced } from './paced.ts';
export { PlatformModule, type PlatformOptions } from './platform.module.ts';
export { describeError } from './process/describe-error.ts';
export { runProcess, type ProcessMessage, type ProcessOptions, type Running } from './process/run-process.ts';
export { rest } from './rest.ts';
export { sharedAnswer } from './shared-answer.ts';
export { readMutualTls, readPem, type MutualTls } from './tls-files.ts';
export { zip } from './zip.ts';
