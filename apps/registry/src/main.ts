import { loadNodeConfig } from '#node';
import { runProcess } from '#platform';
import { registryConfig } from './config.ts';
import { startRegistry } from './start-registry.ts';

runProcess('registry', async () => {
  const config = loadNodeConfig({ registry: registryConfig }, process.env);
  return await startRegistry({ node: config, registry: config.registry });
});
